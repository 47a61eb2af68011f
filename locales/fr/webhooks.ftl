# La liste des webhooks.
title = Webhooks
lead = Envoyez les événements à d’autres programmes dès qu’ils surviennent.
add = Ajouter un webhook
search = Rechercher
search-hint = Nom, URL ou description
name = Nom
url = URL
event = Événement
description = Description
status = État
last-day = Dernières 24 heures
owners = Propriétaires
rate-heading = Débit
rate = { NUMBER($count) }/s
actions = Actions
all-events = Tous les événements
any-status = Tous les états
owner = Propriétaire
any-owner = Tous les propriétaires
enable = Activer
enable-which = Activer { $name }
disable = Désactiver
disable-which = Désactiver { $name }
choose-which = Choisir { $name }
more-which = Autres actions pour { $name }
open = Ouvrir
open-log = Ouvrir le journal
duplicate = Dupliquer
test = Envoyer un événement de test
copy-url = Copier l’URL
delete = Supprimer…
export = Exporter
plain-http = Non chiffrée : cette URL commence par http
failing-since = Tous les appels échouent depuis le { $time }.
held = { $count ->
    [one] { NUMBER($count) } retenue
   *[other] { NUMBER($count) } retenues
}
held-many = > { NUMBER($count) } retenues
held-hint = Livraisons retenues pendant la désactivation. Envoyez-les ou abandonnez-les sur la page du webhook.
held-send = Les envoyer maintenant
held-review = Voir les livraisons retenues
short-timed-out = Délai
short-refused = Refus
short-reset = Coupure
short-dns = DNS
short-tls = TLS
short-blocked = Bloqué
short-invalid = Invalide
standing-enabled = { $count ->
    [one] { NUMBER($count) } activé
   *[other] { NUMBER($count) } activés
}
standing-failing = { NUMBER($count) } en échec
standing-disabled = { $count ->
    [one] { NUMBER($count) } désactivé
   *[other] { NUMBER($count) } désactivés
}
found = { NUMBER($count) } sur { NUMBER($all) }
chip-text = « { $typed } »
chip-event = Événement : { $name }
chip-status = État : { $name }
chip-owner = Propriétaire : { $name }
chip-remove = Retirer le filtre { $name }
clear = Effacer
day = Dernières 24 heures : { $count ->
    [one] { NUMBER($count) } appel
   *[other] { NUMBER($count) } appels
}, dont { NUMBER($failed) } en échec
range = { NUMBER($first) } à { NUMBER($last) } sur { NUMBER($count) } webhooks
per-page = Lignes :
no-callback-yet = Pas encore d’appel
count = { $count ->
    [one] { NUMBER($count) } webhook
   *[other] { NUMBER($count) } webhooks
}
nothing-found = Aucun résultat
nothing-found-why = Aucun webhook ne correspond. La recherche porte sur le nom, l’URL et la description ; l’événement, l’état et le propriétaire la restreignent.
show-all = Tout afficher
none = Pas encore de webhook
none-why = Un webhook est une URL que clearhook appelle chaque fois qu’un de ses événements survient, par exemple une nouvelle identité. Chaque appel est signé, réessayé en cas d’échec et consigné ici.
flow-event = Un événement
flow-program = Votre programme
none-step-add = Ajoutez un webhook : l’URL à appeler, et les événements à envoyer.
none-step-publish = Publiez un événement depuis un de vos services, ou envoyez un événement de test.
none-step-read = Lisez dans le journal ce qui a été envoyé, à quelle adresse, et ce que le destinataire a répondu.
none-owner = Aucun webhook ne vous appartient encore. Un administrateur peut vous en confier un ; il apparaîtra ici, avec son journal.
deleted = Le webhook a été supprimé.

# Mises à jour de la page.
updated-now = À jour
updates-paused = En pause
updates-lost = Non actualisé
updates-pause = Pause
updates-resume = Reprendre
session-ended = Votre session a pris fin.
sign-in-again = Se reconnecter
undo = Annuler
now-disabled = « { $name } » est désactivé. Les nouveaux événements sont retenus.
now-enabled = « { $name } » est activé. Les événements sont envoyés à partir de maintenant.
now-enabled-held = « { $name } » est activé. { $count ->
    [one] { NUMBER($count) } livraison était retenue et le reste jusqu’à ce que vous l’envoyiez ou l’abandonniez.
   *[other] { NUMBER($count) } livraisons étaient retenues et le restent jusqu’à ce que vous les envoyiez ou les abandonniez.
}
now-enabled-many = « { $name } » est activé. Plus de { NUMBER($count) } livraisons étaient retenues et le restent jusqu’à ce que vous les envoyiez ou les abandonniez.

# Plusieurs webhooks.
bulk = Actions pour les webhooks choisis
chosen = choisis
choose-all = Choisir les { NUMBER($count) }
choose-none = Effacer la sélection
new-owner = Nouveau propriétaire
choose-owner = Propriétaire…
add-owner = Ajouter un propriétaire
done-enable = { $count ->
    [one] { NUMBER($count) } webhook a été activé. Les événements sont envoyés à partir de maintenant ; ceux qui sont retenus le restent jusqu’à ce que vous les envoyiez.
   *[other] { NUMBER($count) } webhooks ont été activés. Les événements sont envoyés à partir de maintenant ; ceux qui sont retenus le restent jusqu’à ce que vous les envoyiez.
}
done-disable = { $count ->
    [one] { NUMBER($count) } webhook a été désactivé. Les nouveaux événements sont retenus.
   *[other] { NUMBER($count) } webhooks ont été désactivés. Les nouveaux événements sont retenus.
}
done-test = { $count ->
    [one] { NUMBER($count) } événement de test a été envoyé. Son appel est dans le journal.
   *[other] { NUMBER($count) } événements de test ont été envoyés. Leurs appels sont dans les journaux.
}
done-owner = { $count ->
    [one] { NUMBER($count) } webhook a le nouveau propriétaire.
   *[other] { NUMBER($count) } webhooks ont le nouveau propriétaire.
}
done-delete = { $count ->
    [one] { NUMBER($count) } webhook a été supprimé.
   *[other] { NUMBER($count) } webhooks ont été supprimés.
}
bulk-failed = { $count ->
    [one] Échec pour { NUMBER($count) } webhook :
   *[other] Échec pour { NUMBER($count) } webhooks :
}
bulk-unknown = Un webhook qui n’existe plus
bulk-no-action = Choisissez ce qu’il faut faire des webhooks.
bulk-nothing-chosen = Choisissez d’abord au moins un webhook.
bulk-too-many = Choisissez au plus { NUMBER($max) } webhooks à la fois.
bulk-no-owner = Choisissez d’abord le nouveau propriétaire.
delete-title = { $count ->
    [one] Supprimer { NUMBER($count) } webhook ?
   *[other] Supprimer { NUMBER($count) } webhooks ?
}
delete-why = Les événements ne sont plus envoyés. Les livraisons en attente ou retenues échouent et ne sont jamais envoyées. Les journaux sont masqués, puis supprimés après la durée de conservation. Cette action est irréversible.
delete-now = { $count ->
    [one] Supprimer { NUMBER($count) } webhook
   *[other] Supprimer { NUMBER($count) } webhooks
}
choose-found = Les { NUMBER($count) } trouvés
bulk-not-for-all = Tous les webhooks trouvés ne peuvent être qu’activés, désactivés ou supprimés ensemble. Pour le reste, choisissez-en 100 au plus.
all-found = Il s’agit de tous les webhooks trouvés par la liste, sur toutes les pages.
enable-title = { $count ->
    [one] Activer { NUMBER($count) } webhook ?
   *[other] Activer { NUMBER($count) } webhooks ?
}
enable-all-why = Les événements sont envoyés dès lors ; ceux qui sont retenus le restent jusqu’à ce que vous les envoyiez. Cette action est réversible.
enable-now = { $count ->
    [one] Activer { NUMBER($count) } webhook
   *[other] Activer { NUMBER($count) } webhooks
}
disable-title = { $count ->
    [one] Désactiver { NUMBER($count) } webhook ?
   *[other] Désactiver { NUMBER($count) } webhooks ?
}
disable-all-why = Les nouveaux événements sont retenus jusqu’à ce que vous les envoyiez. Cette action est réversible.
disable-now = { $count ->
    [one] Désactiver { NUMBER($count) } webhook
   *[other] Désactiver { NUMBER($count) } webhooks
}
confirm-count = Saisissez { NUMBER($count) } pour confirmer
confirm-wrong = Saisissez le nombre de webhooks : { NUMBER($count) }.
all-running = Modification des webhooks
all-progress = { NUMBER($done) } sur { NUMBER($total) } faits
all-go-on = Continuer
all-stop = S’arrêter là
all-stop-hint = Si vous arrêtez, { $count ->
    [one] le webhook déjà modifié reste modifié
   *[other] les { NUMBER($count) } webhooks déjà modifiés restent modifiés
}, et les autres restent tels quels.
cancel = Annuler
filtered = Liste filtrée
filtered-count = { $count ->
    [one] { NUMBER($count) } trouvé
   *[other] { NUMBER($count) } trouvés
}
place = { NUMBER($at) } sur { NUMBER($count) }
place-left = Plus dans cette liste ({ NUMBER($count) })
walk = Webhooks de la liste
previous = Webhook précédent
next = Webhook suivant

# Le choix des colonnes.
columns = Colonnes
columns-show = Afficher ces colonnes
columns-usual = Colonnes habituelles
paused = En pause après des échecs : un appel est envoyé comme sonde de temps en temps
