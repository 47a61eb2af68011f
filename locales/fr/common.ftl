# Ce qui figure sur chaque page.
language-name = Français
skip = Aller au contenu
navigation = Principale
nav-overview = Vue d’ensemble
nav-webhooks = Webhooks
nav-event-types = Types d’événements
nav-api-keys = Clés d’API
nav-users = Utilisateurs
nav-audit-log = Journal d’audit
sign-out = Se déconnecter
preferences = Langue et thème
account-menu = Menu du compte : { $email }
language = Langue
theme = Thème
theme-system = Système
theme-light = Clair
theme-dark = Sombre
pages = Pages
previous = Précédente
next = Suivante
page-of = Page { NUMBER($page) } sur { NUMBER($pages) }
close = Fermer
filters = Filtres
copy = Copier
copied = Copié
copy-refused = Copie refusée : sélectionnez le texte

# Noms abrégés des mois, de janvier à décembre, séparés par des espaces.
months = janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.
# Short names of the days of the week, Monday first, separated by blanks.
weekdays = lun. mar. mer. jeu. ven. sam. dim.
today = Aujourd’hui
yesterday = Hier
utc = { $time } UTC
milliseconds = { NUMBER($count) } ms
under-ms = < 1 ms
seconds = { NUMBER($whole) },{ NUMBER($tenth) } s
minutes = { NUMBER($minutes) } min { NUMBER($seconds) } s
under-tenth-ms = < 0,1 ms
decimal = { NUMBER($whole) },{ NUMBER($tenth) }
tenths-of-ms = { NUMBER($whole) },{ NUMBER($tenth) } ms

status-enabled = Activé
status-disabled = Désactivé
status-failing = En échec
disabled-gone = Le destinataire a répondu 410 Gone : il ne veut plus d’appels.
disabled-exhausted = { $count } livraisons de suite ont épuisé leurs tentatives et sont en échec définitif, la première le { $time }.

failing-count = { NUMBER($count) } en échec
plain = { NUMBER($count) }

not-found = Introuvable
no-page = Il n’y a pas de page à cette adresse. Elle a peut-être été déplacée, ou le lien est erroné.
all-webhooks = Tous les webhooks
trouble = Cela n’a pas fonctionné
nothing-here = Il n’y a rien ici. L’élément a peut-être été supprimé, ou l’adresse est erronée.
signed-out = Vous êtes déconnecté. Rechargez la page pour vous reconnecter.
unreachable = clearhook n’a pas répondu. Vérifiez votre connexion, puis réessayez.
failed = clearhook n’a pas pu répondre. Réessayez dans un instant ; le journal du service en dit plus sous { $request }.

errors = { $count ->
    [one] Veuillez corriger { NUMBER($count) } champ.
   *[other] Veuillez corriger { NUMBER($count) } champs.
}
errors-left = { $count ->
    [one] { NUMBER($count) } erreur
   *[other] { NUMBER($count) } erreurs
}

refused-unavailable = clearhook ne peut pas répondre maintenant
refused-unavailable-why = La base de données est injoignable ou occupée. Rien n’a été modifié. Réessayez dans un instant ; le journal du service en dit plus sous { $request }.
refused-late = Cela a pris trop de temps, et l’on ne sait pas si c’est fait. Vérifiez avant de réessayer.
refused-broken = Une erreur s’est produite
refused-broken-why = L’erreur vient de clearhook. Réessayez ; le journal du service en dit plus sous { $request }.
refused-forbidden = Vous n’en avez pas le droit
refused-forbidden-why = Un administrateur de clearhook peut le faire, ou vous y autoriser.
refused-conflict = Ce n’est pas possible maintenant
refused-conflict-why = Quelque chose a changé entre-temps. Revenez en arrière, rechargez la page et regardez de nouveau.
refused-unread = La demande n’a pas été comprise
refused-unread-why = clearhook ne peut rien faire de ce que le navigateur a envoyé. Revenez en arrière, rechargez la page et réessayez.
refused-kept = Ce que vous avez saisi est gardé sur cette page.
refused-send-again = Envoyer de nouveau
refused-try-again = Réessayer
required = (obligatoire)
show-password = Afficher le mot de passe
named = { $name } : { $value }
