# La connexion.
sign-in = Se connecter
email = E-mail
password = Mot de passe
wrong = L’e-mail ou le mot de passe est incorrect.
wait-seconds = { $count ->
    [one] Trop de tentatives. Réessayez dans { NUMBER($count) } seconde.
   *[other] Trop de tentatives. Réessayez dans { NUMBER($count) } secondes.
}
wait-minutes = { $count ->
    [one] Trop de tentatives. Réessayez dans { NUMBER($count) } minute.
   *[other] Trop de tentatives. Réessayez dans { NUMBER($count) } minutes.
}
expired = La saisie du code a pris trop de temps. Reconnectez-vous.
by-provider = Se connecter avec { $name }
or = ou
only-by-https = Vous avez ouvert cette page en http, mais clearhook est configuré pour https : votre navigateur ne garderait pas votre session. Utilisez plutôt cette adresse :

step = Deuxième étape
step-hint = Saisissez le code à 6 chiffres de votre application. Sans l’appareil, saisissez l’un de vos codes de secours.
code = Code
wrong-code = Ce code n’est pas valable. Un code ne sert qu’une fois ; attendez le suivant dans votre application.
go-on = Continuer
other-account = Se connecter avec un autre compte

provider-unreachable = Le service de connexion est injoignable pour le moment. Réessayez dans un instant.
provider-refused = Le service de connexion ne vous a pas laissé entrer. Réessayez, ou adressez-vous à son responsable.
provider-invalid = La réponse du service de connexion n’a pas pu être vérifiée. Réessayez ; si cela persiste, prévenez un administrateur.
provider-expired = Cette connexion a pris trop de temps, ou a été commencée dans un autre navigateur. Recommencez ici.
no-email = Le service de connexion n’a donné aucune adresse e-mail vérifiée. Vérifiez-y votre adresse, puis reconnectez-vous.
email-unstated = Le service de connexion ne dit pas si votre adresse e-mail est vérifiée. Un administrateur peut décider de se fier à ses adresses : CLEARHOOK_OIDC_TRUST_EMAIL=true.
no-role = Votre compte du service de connexion n’a aucun rôle dans clearhook. Demandez-en un à un administrateur.
taken = Un autre compte du service de connexion utilise ici votre adresse e-mail. Adressez-vous à un administrateur.
disabled = Votre compte est désactivé. Adressez-vous à un administrateur.

setup = Bienvenue dans clearhook
setup-hint = Créez le compte du premier administrateur.
setup-email = Votre adresse e-mail, avec laquelle vous vous connectez
setup-password-hint = Au moins 12 caractères. Les mots de passe courants sont refusés.
setup-create = Créer le compte
setup-stale = Ce lien est trop ancien
setup-stale-hint = Un lien est valable une heure. Redémarrez clearhook pour en obtenir un autre, ou exécutez sur le serveur : `clearhook user create --email vous@example.com --role administrator`
setup-used = Ce lien a déjà servi
setup-used-hint = Le compte administrateur existe déjà : connectez-vous avec lui. Si son mot de passe est perdu, définissez-en un nouveau sur le serveur : `clearhook user reset-password --email vous@example.com`
setup-unknown = Ce lien n’est pas valable
setup-unknown-hint = Ouvrez le lien entier que clearhook a affiché à son dernier démarrage, ou redémarrez-le pour en obtenir un autre.
setup-bad-email = Saisissez une adresse e-mail telle que vous@example.com.

unsent = Votre session a pris fin, donc rien n’a été fait. Connectez-vous, puis appuyez de nouveau sur le bouton.
kept = Votre session a pris fin. Votre saisie est conservée : connectez-vous, puis continuez.
kept-signed-in = Connecté dans l’autre fenêtre : continuer
kept-title = Votre saisie est conservée
kept-why = Vous êtes de nouveau connecté. Votre saisie est toujours là et n’a pas encore été envoyée.
kept-go-on = Reprendre ma saisie
kept-discard = L’effacer
