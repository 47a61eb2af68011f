/** Runs the Java code of the guide to signatures. */
public final class Check {
    static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    static final String BODY = "{\"test\": 2432232314}";
    static final long NOW = 1614265330;

    static void check(boolean valid, String id, String timestamp, String signatures, String body, long now) {
        boolean accepted = true;
        try {
            Verify.verify(SECRET, id, timestamp, signatures, body.getBytes(java.nio.charset.StandardCharsets.UTF_8), now);
        } catch (java.security.GeneralSecurityException refused) {
            accepted = false;
        }
        if (accepted != valid) throw new AssertionError(id + " " + timestamp + " " + signatures + " " + body + " " + now);
    }

    public static void main(String[] args) {
        check(true, ID, "1614265330", "v1,AAAA " + SIGNATURE, BODY, NOW + 299);
        check(false, ID, "1614265330", "v1,AAAA", BODY, NOW);
        check(false, ID, "1614265330", "v1a,x", BODY, NOW);
        check(false, "msg_x", "1614265330", SIGNATURE, BODY, NOW);
        check(false, ID, "1614265330", SIGNATURE, BODY + " ", NOW);
        check(false, ID, "1614265330", SIGNATURE, BODY, NOW + 301);
        check(false, ID, "1614265330", SIGNATURE, BODY, NOW - 301);
        check(false, ID, "now", SIGNATURE, BODY, NOW);
    }
}
