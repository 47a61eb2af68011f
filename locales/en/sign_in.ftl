# Signing in.
sign-in = Sign in
email = Email
password = Password
wrong = E-mail or password is wrong.
