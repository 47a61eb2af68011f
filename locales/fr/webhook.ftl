# Un webhook : son formulaire.
add = Ajouter un webhook
added = Le webhook a été ajouté. Les appels commencent maintenant.
saved = Vos modifications ont été enregistrées.
disabled-by-clearhook = clearhook a désactivé ce webhook.
disabled-since = Désactivé depuis le
disabled-what = Aucun appel n’est fait, et les nouveaux événements sont retenus. Dès que le destinataire fonctionne de nouveau, activez le webhook : il reçoit alors les nouveaux événements. Ce qui a été retenu est envoyé par un appel de POST { $path }.
enable = Activer ce webhook
enabled-again = Le webhook est activé. Les nouveaux événements donnent lieu à des appels dès maintenant.
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
secret-generate = Générer
secret-new-hint = Copiez-le maintenant chez le destinataire : il ne sera plus affiché. Chaque appel est signé avec lui (Standard Webhooks). Vous pouvez saisir le vôtre.
secret-hint = Chaque appel est signé avec lui (Standard Webhooks).
secret-created = Créé le
rate = Appels par seconde, au plus
rate-hint = Laissez les deux champs vides pour ne pas fixer de limite.
burst = Rafale
burst-hint = Autant d’un coup après un moment calme.
ordered = Dans l’ordre du sujet
ordered-hint = Les événements d’un même sujet sont envoyés l’un après l’autre. Celui qui échoue est réessayé avant que le suivant parte.

headers = En-têtes supplémentaires
headers-why = Envoyés avec chaque appel : pour distinguer les sources, ou parce que le destinataire les attend. Le journal affiche leurs valeurs, sauf celles des en-têtes secrets.
header-name = Nom de l’en-tête { $number }
header-value = Valeur de l’en-tête { $number }
header-name-short = Nom
header-value-short = Valeur
header-secret = Secret
header-secret-which = Secret : en-tête { $number }
header-secret-hint = Le journal n’affiche pas la valeur d’un en-tête secret.
header-add = Ajouter un en-tête
header-remove = Retirer
header-remove-which = Retirer l’en-tête { $number }

event = Événement
event-why = Ce dont le destinataire est informé. Le schéma décrit le corps de l’appel.
download-schema = Télécharger le schéma
download-schema-of = Télécharger le schéma : { $event }
events-chosen = { $chosen } sur { $total } choisis
events-chosen-of-group = { $chosen } sur { $total }
events-list = Événements choisis
events-remove = Retirer : { $event }
events-all = Tous les événements
events-all-hint = Chaque événement de chaque type, aussi des types ajoutés plus tard. Le nombre de rappels peut être très grand.
events-filter = Filtrer les événements
events-filter-example = Filtrer, par exemple identity ou .deleted
events-filter-now = Filtrer
events-only = Choisis seulement
events-none = Aucun événement ne correspond au filtre.
events-no-group = Autres
events-group-all = Tous de { $group }
events-choose-all = Tout choisir
events-future = Tous, et les futurs
events-future-of = Tous de { $group }, et les futurs ({ $pattern })
events-deprecated = Obsolète.
events-replaced = Obsolète. Utilisez plutôt { $event }.
events-archived = Archivé : aucun nouvel événement n’est publié.
events-fields = Champs
events-fields-of = Champs et exemple : { $event }
events-patterns = Motifs et autres événements
events-pattern = { $count ->
    [one] Correspond à { NUMBER($count) } type d’événement, et aux futurs.
   *[other] Correspond à { NUMBER($count) } types d’événement, et aux futurs.
}
events-unknown = Absent du catalogue.
events-close = Fermer

tested = Un événement de test a été envoyé. Son appel est dans le journal.
test = Envoyer un événement de test
test-which = Événement du test
duplicate = Dupliquer
copy-suffix = (copie)
delete = Supprimer
delete-why = Plus aucun appel n’est fait. Le journal est conservé jusqu’à son échéance, mais n’est plus affiché.
delete-confirm = Pour le supprimer, saisissez son nom : { $name }
delete-this = Supprimer ce webhook
rotate = Nouveau secret
rotate-overlap = Le secret actuel signe encore pendant
overlap-none = Aucun temps : d’autres le connaissent peut-être
overlap-day = 24 heures
overlap-week = 7 jours
rotate-hint = Entre-temps, chaque appel porte les deux signatures, pour que le destinataire puisse changer.
rotate-now = Créer un nouveau secret
rotated = Le nouveau secret. Copiez-le maintenant chez le destinataire : il ne sera plus affiché.
rotated-until = Le précédent signe encore jusqu’au

meanwhile = Ce webhook a été modifié pendant que vous y travailliez. Rien n’a encore été enregistré.
meanwhile-why = Voici ce que vous avez saisi. Enregistrez à nouveau pour remplacer les modifications des autres, ou quittez la page pour les garder.
