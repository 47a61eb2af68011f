# Le journal d’un webhook, et un appel.
title = Journal
range = Période
range-1h = Dernière heure
range-today = Aujourd’hui
range-24h = Dernières 24 heures
range-7d = 7 derniers jours
range-30d = 30 derniers jours
range-12m = 12 derniers mois
short-1h = Heure
short-24h = 24 h
short-7d = 7 j
short-30d = 30 j
short-12m = 12 mois
custom = Autre…
from = Du
to = au
show = Afficher
callbacks = Appels
date = Date de l’appel
event = Événement
url = URL
response = Réponse
attempt = Tentative
attempt-number = { $number } ({ $trigger ->
    [event] événement
    [retry] reprise
    [manual] manuelle
   *[test] test
})
duration = Durée
none = Aucun appel sur cette période.
foot = Du plus récent au plus ancien, heures de { $zone }
older = Plus anciens

callback = Appel
close = Fermer
message-id = Identifiant du message
event-id = Identifiant de l’événement
ce-id = Identifiant donné par l’émetteur
source = Source
request = Requête
request-body = Corps de la requête
too-old = L’événement est trop ancien : il n’est plus conservé.
erased = Effacé : les données de cet événement ont été supprimées.
no-answer = Pas de réponse.
response-body = Corps de la réponse
empty = (vide)
truncated = Seuls les 16 premiers Kio sont conservés.
formatted = Mis en forme
raw = Brut
raw-of = { $what }, brut
incomplete = Le corps était incomplet :

# Ce que montre le journal.
too-long = Cette période dure { $days ->
    [one] { NUMBER($days) } jour
   *[other] { NUMBER($days) } jours
}. Choisissez un an au plus (366 jours).
any-response = Toutes les réponses
succeeded = Réussis
failed = En échec
class = Statut { $class }
without-answer = Sans réponse
any-event = Tous les événements
filter = Filtrer
export = Exporter
export-csv = CSV
export-jsonl = JSON Lines
none-filtered = Aucun appel de cette période ne correspond aux filtres.
none-found = Aucun appel de cette période ne correspond à la recherche et aux filtres. La recherche compare l’identifiant entier d’un événement ou d’un message, ou le sujet entier.
newer = Plus récents
pages = Pages du journal
fresh = { $count ->
    [one] Afficher { NUMBER($count) } nouvel appel
   *[other] Afficher { NUMBER($count) } nouveaux appels
}

# Le graphique de la période.
chart = Appels au fil du temps
chart-callbacks = { $count ->
    [one] { NUMBER($count) } appel
   *[other] { NUMBER($count) } appels
}
chart-succeeded = { $count ->
    [one] { NUMBER($count) } réussi
   *[other] { NUMBER($count) } réussis
}
chart-failed = { $count ->
    [one] { NUMBER($count) } en échec
   *[other] { NUMBER($count) } en échec
}
chart-median = médiane { $time }
chart-begins = Trop d’appels pour tous les compter : chiffres depuis le
chart-bar = { $from } à { $to }. Réussites : { NUMBER($succeeded) }, échecs : { NUMBER($failed) }

# Un appel ouvert.
send-again = Renvoyer
sent-again = Renvoyé. Voici le résultat.
sent-soon = Il est renvoyé dans un instant, et apparaîtra ici.
not-sent = Il n’a pas pu être renvoyé.
not-while-disabled = Activez le webhook pour renvoyer.
copy-curl = Copier en cURL
as-curl = En cURL
curl-hint = Les valeurs des en-têtes secrets sont omises.
attempts = Tentatives de cette livraison
stands-due = La prochaine tentative est prévue le
stands-now = La prochaine tentative est imminente.
stands-waiting = En attente d’un événement antérieur du même sujet.
stands-sending = L’envoi est en cours.
stands-succeeded = Livrée : aucune autre tentative ne suit.
stands-failed = Échec définitif : aucune autre tentative ne suit.
stands-held = Retenue pendant que le webhook était désactivé.
stands-cancelled = Annulée : aucune autre tentative ne suit.
stands-unknown = La livraison est plus ancienne que ce qui est conservé.

# La liste à côté d’un appel ouvert.
between = { $from } – { $to }
zoom-out = Revenir à la période habituelle
chip-response = Réponse : { $name }
mark-test = Test
mark-retry = Reprise { $attempt }
mark-manual = Renvoyé
old-url = ancienne URL
search = Événement, message ou sujet
since-this = Renvoyer tout ce qui a échoué depuis celui-ci
row-menu = Plus sur cet appel
times-local = Locale
times-utc = UTC
back-to-log = Journal
previous-callback = Appel plus récent
next-callback = Appel plus ancien
details = Détails
verdict = Ce qui s’est passé
copy-what = Copier : { $what }
copy-link = Copier le lien
download-what = Télécharger : { $what }
download = Télécharger
bytes = { NUMBER($count) } o
kibibytes = { $count } Kio
headers-count = { $count ->
    [one] { NUMBER($count) } en-tête
   *[other] { NUMBER($count) } en-têtes
}
subject = Sujet
resend-since = Renvoyer tout depuis celui-ci…
gap = après { $time }
next-in = prochaine dans { $time }
next-paused = Attend : les appels sont en pause

# La connexion d’un appel ouvert.
phases = Où le temps est passé
phase-dns = DNS
phase-connect = Connexion
phase-tls = TLS
phase-wait = Attente
phases-reused = Envoyé sur une connexion déjà ouverte.
certificates = Certificats envoyés par le destinataire
certificate-subject = Délivré à
certificate-issuer = Délivré par
certificate-self = lui-même (auto-signé)
certificate-names = Valable pour
certificate-validity = Validité
certificate-expired = Expiré
certificate-early = Pas encore valable

# La cible d’une redirection.
use-url = Utiliser cette URL…
use-url-what = L’URL du webhook devient l’adresse indiquée par le destinataire. Les événements y sont envoyés dès lors.
use-url-from = Actuelle
use-url-to = Nouvelle
use-url-host = La nouvelle adresse est sur un autre hôte, { $host }. Ne l’utilisez que si vous savez qu’elle appartient au destinataire.
use-url-temporary = Le destinataire indique un déplacement temporaire.
use-url-now = Changer l’URL
skip-to-rows = Aller aux appels
