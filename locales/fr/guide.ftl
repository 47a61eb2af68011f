# Le guide pour les développeurs de destinataires.
title = Vérifier les signatures
nav = Vérifier les signatures
lead = Ce qu’un destinataire vérifie, et ce qu’il répond.
callback = L’appel
callback-what = Chaque événement est envoyé par `POST` avec un corps JSON à l’URL du webhook. Les en-têtes `webhook-id`, `webhook-timestamp` et `webhook-signature` suivent la spécification Standard Webhooks.
callback-schema = Le corps respecte le schéma JSON de son type d’événement, que sa page propose en téléchargement.
signature = La signature
step-raw = Utilisez le corps exactement tel qu’il a été reçu : l’analyser puis le sérialiser de nouveau en change les octets.
step-text = Joignez l’id, l’horodatage et le corps par des points : `webhook-id.webhook-timestamp.body`.
step-key = Calculez le HMAC-SHA256 de ce texte. La clé est le secret sans `whsec_`, décodé de base64.
step-compare = Encodez le résultat en base64 et comparez-le en temps constant à chaque signature de l’en-tête ; elles sont séparées par des espaces et commencent par `v1,`. Une seule correspondance suffit : pendant le renouvellement d’un secret, il y en a deux.
step-time = Refusez un horodatage qui s’écarte de votre horloge de plus de 5 minutes, pour que personne ne puisse répéter un ancien appel.
check = Une signature pour vos tests
answer = La réponse
answer-status = Répondez par un statut de 200 à 299 en quelques secondes, et faites le travail long ensuite. Toute autre réponse est un échec, et clearhook réessaie plus tard. Les redirections ne sont pas suivies. Le statut 410 désactive le webhook.
answer-twice = Un appel peut arriver plus d’une fois. Son `webhook-id` est le même à chaque fois : conservez-le et ignorez ce que vous avez déjà traité.
answer-order = Les appels peuvent arriver dans un autre ordre que les événements, sauf si le webhook est réglé pour conserver l’ordre.
local = Sur votre ordinateur
local-listen = `clearhook listen --secret whsec_…` est un destinataire pour vos tests : il vérifie chaque signature et affiche chaque appel.
local-forward = `clearhook listen --forward http://localhost:8080/hook --webhook ID` envoie aussi chaque appel d’un webhook à un programme sur votre ordinateur, exactement tel qu’il a été envoyé.
libraries = Les bibliothèques de Standard Webhooks font de même dans chacun de ces langages :

# La page d’un webhook.
verify-title = Comment vérifier : { $name }
verify-link = Comment vérifier les appels
verify-own = Essayer avec ce webhook
verify-try = Voici le dernier appel de ce webhook, octet par octet. Avec le secret du webhook, votre code doit l’accepter ; modifié, le refuser.
verify-example = Le dernier appel
verify-command = La même requête vers un programme sur votre ordinateur
verify-age = Son horodatage aura bientôt plus de 5 minutes : autorisez-le pendant vos tests, ou envoyez un autre événement de test.
verify-none = Ce webhook n’a encore rien envoyé. Envoyez un événement de test depuis sa page ; son appel apparaît ici.
verify-hidden = Le dernier appel ne peut pas être affiché tel qu’il a été envoyé : il contient des valeurs masquées, ou son événement n’est plus conservé.
verify-more = Ce qu’un destinataire répond, et une signature pour tester
