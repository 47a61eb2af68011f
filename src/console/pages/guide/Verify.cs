using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public static class Webhook
{
    /// <summary>Throws unless the signature of the raw body is valid and at most 5 minutes old. The time is in seconds since 1970.</summary>
    public static void Verify(string secret, string id, string timestamp, string signatures, byte[] body, long now)
    {
        long sent;
        if (!long.TryParse(timestamp, out sent) || now - sent > 300 || sent - now > 300)
            throw new CryptographicException("the timestamp is too old or in the future");
        var key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret.Substring(6) : secret);
        var signed = Encoding.UTF8.GetBytes(id + "." + timestamp + ".").Concat(body).ToArray();
        using (var mac = new HMACSHA256(key))
        {
            var expected = "v1," + Convert.ToBase64String(mac.ComputeHash(signed));
            if (!signatures.Split(' ').Any(signature => IsEqual(expected, signature)))
                throw new CryptographicException("no signature matches");
        }
    }

    // Takes the same time wherever the texts differ. .NET 5 and later have CryptographicOperations.FixedTimeEquals.
    static bool IsEqual(string expected, string given)
    {
        var difference = expected.Length ^ given.Length;
        for (var at = 0; at < expected.Length && at < given.Length; at++)
            difference |= expected[at] ^ given[at];
        return difference == 0;
    }
}
