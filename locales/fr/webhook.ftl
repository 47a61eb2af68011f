# Un webhook : son formulaire.
add = Ajouter un webhook
added = Le webhook a été ajouté. Les appels commencent maintenant.
saved = Vos modifications ont été enregistrées.
disabled-by-clearhook = clearhook a désactivé ce webhook. { $reason }
save = Enregistrer
cancel = Annuler

general = Général
general-why = À quoi l’on reconnaît ce webhook.
enabled = Activé
enabled-hint = Un webhook désactivé n’appelle personne ; ses événements sont conservés.
name = Nom
description = Description

details = Détails du webhook
details-why = Où vont les appels, et comment le destinataire sait qu’ils sont authentiques.
url = URL
url-hint = HTTPS ; un port et des paramètres sont permis.
secret = Secret
secret-new-hint = Copiez-le maintenant chez le destinataire : il ne sera plus affiché. Chaque appel est signé avec lui (Standard Webhooks). Vous pouvez saisir le vôtre.
secret-hint = Chaque appel est signé avec lui (Standard Webhooks).
secret-created = Créé le

headers = En-têtes supplémentaires
headers-why = Envoyés avec chaque appel : pour distinguer les sources, ou parce que le destinataire les attend.
header-name = Nom de l’en-tête { $number }
header-value = Valeur de l’en-tête { $number }
header-name-short = Nom
header-value-short = Valeur
header-add = Ajouter un en-tête
header-remove = Retirer
header-remove-which = Retirer l’en-tête { $number }

event = Événement
event-why = Ce dont le destinataire est informé. Le schéma décrit le corps de l’appel.
download-schema = Télécharger le schéma
download-schema-of = Télécharger le schéma : { $event }
