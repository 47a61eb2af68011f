# Le compte de la personne connectée.
title = Compte
current = Mot de passe actuel
wrong-password = Ce n’est pas votre mot de passe.
wrong-code = Ce code n’est pas valable. Saisissez le code le plus récent de votre application.

password = Mot de passe
password-about = Le changer vous déconnecte partout ailleurs.
password-none = Vous vous connectez avec { $name } et n’avez pas de mot de passe ici.
new = Nouveau mot de passe
new-hint = Au moins 12 caractères. Les mots de passe courants sont refusés.
change-password = Changer le mot de passe
password-done = Votre mot de passe a été changé. Vous êtes déconnecté partout ailleurs.

factor = Second facteur
factor-about = Après le mot de passe, la connexion demande un code d’une application d’authentification.
factor-password = Votre mot de passe
factor-off = Désactivé. Vous vous connectez avec votre mot de passe seulement.
factor-on = { $count ->
    [one] Activé. Il vous reste { NUMBER($count) } code de secours.
   *[other] Activé. Il vous reste { NUMBER($count) } codes de secours.
}
begin-factor = Configurer un second facteur
enrol = Scannez ceci avec votre application d’authentification, ou saisissez la clé à la main. Saisissez ensuite le code qu’elle affiche.
qr = Code QR contenant la clé
secret = Clé
open-app = Ouvrir dans une application de cet appareil
code = Code
confirm-factor = Activer
remove-factor = Désactiver
renew-codes = Nouveaux codes de secours
remove-done = Le second facteur est désactivé. Vous êtes déconnecté partout ailleurs.
codes = Codes de secours
codes-hint = Gardez-les avec vos mots de passe. Chacun permet de se connecter une fois sans votre appareil. Ils ne seront plus affichés.
codes-on = Le second facteur est activé. Vous êtes déconnecté partout ailleurs.

sessions = Où vous êtes connecté
sessions-about = Une session se termine après 12 heures sans utilisation, et dans tous les cas après 7 jours.
browser = Navigateur
address = Adresse
last-seen = Dernière activité
since = Depuis
this-one = Ce navigateur
end-session = Déconnecter
end-session-of = Déconnecter { $browser }, { $address }
end-done = Ce navigateur est déconnecté.
sign-out-everywhere = Se déconnecter partout

zone = Fuseau horaire
zone-about = Toutes les pages affichent les heures dans ce fuseau. Le choix est gardé dans ce navigateur.
zone-in = Afficher les heures selon
zone-browser = Le fuseau horaire du navigateur ({ $zone })
zone-now = Il est maintenant { $time } dans le fuseau { $zone }.
zone-save = Enregistrer le fuseau horaire
