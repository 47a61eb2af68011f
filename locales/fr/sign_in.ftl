# La connexion.
sign-in = Se connecter
email = Adresse e-mail
password = Mot de passe
wrong = L’adresse e-mail ou le mot de passe est incorrect.
