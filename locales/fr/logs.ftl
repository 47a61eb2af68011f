# Le journal d’un webhook, et un appel.
title = Journal
range = Période
range-1h = Dernière heure
range-today = Aujourd’hui
range-24h = Dernières 24 heures
range-7d = 7 derniers jours
range-30d = 30 derniers jours
range-12m = 12 derniers mois
from = Du
to = au
show = Afficher
enter-both = Saisissez les deux dates, par exemple 2026-11-23T09:00.
callbacks = Appels
date = Date de l’appel
event = Événement
url = URL
response = Réponse
attempt = Tentative
attempt-number = { $number } ({ $trigger ->
    [event] événement
    [retry] nouvel essai
    [manual] manuel
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
request = Requête
request-body = Corps de la requête
too-old = L’événement est trop ancien : il n’est plus conservé.
no-answer = Le destinataire n’a pas répondu.
response-body = Corps de la réponse
empty = (vide)
truncated = Seuls les 16 premiers Kio sont conservés.
