# The viewer's own account.
title = Account
current = Current password
wrong-password = This is not your password.
wrong-code = This code is not valid. Enter the latest code from your app.

password = Password
password-about = Changing it signs you out everywhere else.
password-none = You sign in with { $name } and have no password here.
new = New password
new-hint = At least 12 characters. Common passwords are refused.
change-password = Change password
password-done = Your password was changed. You are signed out everywhere else.

factor = Second factor
factor-about = After the password, signing in asks for a code from an authenticator app.
factor-password = Your password
factor-off = Off. You sign in with your password only.
factor-on = { $count ->
    [one] On. You have { NUMBER($count) } recovery code left.
   *[other] On. You have { NUMBER($count) } recovery codes left.
}
begin-factor = Set up a second factor
enrol = Scan this with your authenticator app, or enter the key by hand. Then enter the code that it shows.
qr = QR code with the key
secret = Key
open-app = Open in an app on this device
code = Code
confirm-factor = Turn on
remove-factor = Turn off
renew-codes = New recovery codes
remove-done = The second factor is off. You are signed out everywhere else.
codes = Recovery codes
codes-hint = Keep these where you keep passwords. Each lets you in once without your device, and they are not shown again.
codes-on = The second factor is on. You are signed out everywhere else.

sessions = Where you are signed in
sessions-about = A session ends after 12 hours without use, and after 7 days in any case.
browser = Browser
address = Address
last-seen = Last seen
since = Since
this-one = This browser
end-session = Sign out
end-session-of = Sign out { $browser }, { $address }
end-done = That browser is signed out.
sign-out-everywhere = Sign out everywhere

zone = Time zone
zone-about = All pages show times in this zone. The choice is kept in this browser.
zone-in = Show times in
zone-browser = The time zone of the browser ({ $zone })
zone-now = It is { $time } now in { $zone }.
zone-save = Save time zone
