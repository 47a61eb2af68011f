using System;
using System.Security.Cryptography;
using System.Text;

/// <summary>Runs the C# code of the guide to signatures.</summary>
public static class Check
{
    const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const string Body = "{\"test\": 2432232314}";
    const long Now = 1614265330;

    static void Row(bool valid, string id, string timestamp, string signatures, string body, long now)
    {
        var accepted = true;
        try
        {
            Webhook.Verify("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id, timestamp, signatures, Encoding.UTF8.GetBytes(body), now);
        }
        catch (CryptographicException)
        {
            accepted = false;
        }
        if (accepted != valid) throw new Exception(string.Join(" ", id, timestamp, signatures, body, now));
    }

    public static void Main()
    {
        Row(true, Id, "1614265330", "v1,AAAA " + Signature, Body, Now + 299);
        Row(false, Id, "1614265330", "v1,AAAA", Body, Now);
        Row(false, Id, "1614265330", "v1a,x", Body, Now);
        Row(false, "msg_x", "1614265330", Signature, Body, Now);
        Row(false, Id, "1614265330", Signature, Body + " ", Now);
        Row(false, Id, "1614265330", Signature, Body, Now + 301);
        Row(false, Id, "1614265330", Signature, Body, Now - 301);
        Row(false, Id, "now", Signature, Body, Now);
    }
}
