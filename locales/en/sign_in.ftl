# Signing in.
sign-in = Sign in
email = Email
password = Password
wrong = Email or password is wrong.
wait-seconds = { $count ->
    [one] Too many attempts. Try again in { NUMBER($count) } second.
   *[other] Too many attempts. Try again in { NUMBER($count) } seconds.
}
wait-minutes = { $count ->
    [one] Too many attempts. Try again in { NUMBER($count) } minute.
   *[other] Too many attempts. Try again in { NUMBER($count) } minutes.
}
expired = It took too long to enter the code. Sign in again.
by-provider = Sign in with { $name }
or = or
only-by-https = You opened this page over http, but clearhook is set up for https: your browser would not keep you signed in. Use this address instead:

step = Second step
step-hint = Enter the 6-digit code from your app. Without the device, enter one of your recovery codes instead.
code = Code
wrong-code = This code is not valid. Codes can be used once; wait for the next one from your app.
go-on = Continue
other-account = Sign in as somebody else

provider-unreachable = The sign-in service cannot be reached just now. Try again in a moment.
provider-refused = The sign-in service did not let you in. Try again, or ask whoever runs it.
provider-invalid = The response of the sign-in service could not be verified. Try again; if this continues, tell an administrator.
provider-expired = This sign-in took too long, or was started in another browser. Start again here.
no-email = The sign-in service gave no verified email address. Verify your address there, then sign in again.
email-unstated = The sign-in service does not say whether your email address is verified. An administrator can decide to trust its addresses: CLEARHOOK_OIDC_TRUST_EMAIL=true.
no-role = Your account at the sign-in service has no role in clearhook. Ask an administrator for one.
taken = Another account of the sign-in service uses your email address here. Ask an administrator.
disabled = Your account is disabled. Ask an administrator.

setup = Welcome to clearhook
setup-hint = Create the first administrator account.
setup-email = Your email, with which you sign in
setup-password-hint = At least 12 characters. Common passwords are refused.
setup-create = Create account
setup-stale = This link is too old
setup-stale-hint = A link is valid for one hour. Start clearhook again for a new one, or run on the server: `clearhook user create --email you@example.com --role administrator`
setup-used = This link has been used
setup-used-hint = The administrator account already exists: sign in with it. If its password is lost, set a new one on the server: `clearhook user reset-password --email you@example.com`
setup-unknown = This link is not valid
setup-unknown-hint = Open the whole link that clearhook printed at its last start, or start it again for a new one.
setup-bad-email = Enter an email address such as you@example.com.

unsent = Your session has ended, so nothing was done. Sign in, then press the button again.
kept = Your session has ended. What you typed is kept: sign in, then continue.
kept-signed-in = Signed in in the other window: continue
kept-title = Welcome back
kept-why = You are signed in again. What you typed before is still here and has not been sent yet.
kept-go-on = Continue with it
kept-discard = Discard it
