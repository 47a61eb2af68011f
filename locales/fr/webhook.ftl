# Un webhook : son formulaire.
add = Ajouter un webhook
added = Webhook ajouté. Les événements sont envoyés à partir de maintenant.
added-disabled = Webhook ajouté. Il est désactivé : activez-le dès que son destinataire est prêt.
saved = Vos modifications ont été enregistrées.
disabled-by-clearhook = clearhook a désactivé ce webhook.
disabled-since = Désactivé depuis le
disabled-what = Rien n’est envoyé, et les nouveaux événements sont retenus. Dès que le destinataire fonctionne de nouveau, activez le webhook : les nouveaux événements sont alors envoyés, et vous pouvez envoyer ceux qui sont retenus.
enable = Activer ce webhook
enabled-again = Webhook activé. Les événements sont envoyés à partir de maintenant.
save = Enregistrer
cancel = Annuler

general = Général
general-why = À quoi l’on reconnaît ce webhook.
enabled = Activé
enabled-hint = Tant que le webhook est désactivé, rien n’est envoyé. Les événements sont retenus jusqu’à ce que vous les envoyiez.
name = Nom
description = Description

details = Détails du webhook
details-why = Où vont les appels, et comment le destinataire sait qu’ils sont authentiques.
url = URL
url-hint = Doit être en HTTPS. Un port et des paramètres de requête sont permis.
secret = Secret
secret-generate = Générer
secret-new-hint = clearhook signe chaque appel avec ce secret (Standard Webhooks). Il est affiché une dernière fois après l’enregistrement. Vous pouvez aussi saisir le vôtre.
secret-hint = clearhook signe chaque appel avec ce secret (Standard Webhooks).
secret-created = Créé le
rate = Appels par seconde, au plus
rate-hint = Laissez les deux champs vides pour ne pas fixer de limite.
burst = Rafale
burst-hint = Combien peuvent partir d’un coup après un moment calme.
retries = Le destinataire a { $timeout } pour répondre. Un appel en échec est réessayé après des pauses de { $delays }.
retries-none = Le destinataire a { $timeout } pour répondre. Un appel en échec n’est pas réessayé.
ordered = Garder l’ordre par sujet
ordered-hint = Les événements d’un même sujet sont envoyés l’un après l’autre. Celui qui échoue est réessayé avant que le suivant ne parte.

headers = En-têtes supplémentaires
headers-why = Envoyés avec chaque appel : pour distinguer les sources, ou parce que le destinataire les attend. Le journal affiche leurs valeurs, sauf celles des en-têtes secrets.
header-name = Nom de l’en-tête { $number }
header-value = Valeur de l’en-tête { $number }
header-name-short = Nom
header-value-short = Valeur
header-secret = Secret
header-secret-which = Secret : en-tête { $number }
header-secret-hint = Le journal n’affiche pas la valeur d’un en-tête secret.
header-add = Ajouter un en-tête
header-remove = Retirer
header-remove-which = Retirer l’en-tête { $number }

event = Événement
event-why = Les événements que ce webhook reçoit. Le schéma décrit le corps de l’appel.
download-schema = Télécharger le schéma
download-schemas = Télécharger les schémas
download-chosen = Tous les schémas choisis (.zip)
download-schema-of = Télécharger le schéma : { $event }
events-chosen = Choisis : { $chosen } sur { $total }
events-chosen-of-group = { $chosen } sur { $total }
events-list = Événements choisis
events-remove = Retirer : { $event }
events-all = Tous les événements
events-all-hint = Chaque événement de chaque type, y compris des types ajoutés plus tard. Le nombre d’appels peut être très grand.
events-filter = Filtrer les événements
events-filter-example = Filtrer, par exemple identity ou .deleted
events-filter-now = Filtrer
events-only = Choisis seulement
events-none = Aucun événement ne correspond au filtre.
events-none-chosen = Aucun événement n’est encore choisi.
events-no-group = Autres
events-group-all = Tous les événements de { $group }
events-choose-all = Tout choisir
events-future = Tous, et les futurs
events-future-of = Tous les événements de { $group }, et les futurs ({ $pattern })
events-deprecated = Déconseillé.
events-replaced = Déconseillé. Utilisez plutôt { $event }.
events-archived = Archivé : aucun nouvel événement n’est publié.
events-fields = Champs
events-fields-of = Champs et exemple : { $event }
events-patterns = Motifs et autres événements
events-pattern = { $count ->
    [one] Correspond à { NUMBER($count) } type d’événement, et aux futurs.
   *[other] Correspond à { NUMBER($count) } types d’événements, et aux futurs.
}
events-unknown = Absent du catalogue.
events-change = Modifier les événements
events-close = Fermer

tested = Un événement de test a été envoyé. Son appel est dans le journal.
test = Envoyer un événement de test
test-which = Événement à envoyer
duplicate = Dupliquer
copy-suffix = (copie)
delete = Supprimer
delete-why = Les événements ne sont plus envoyés. Les livraisons en attente ou retenues échouent et ne sont jamais envoyées. Le journal est masqué, puis supprimé après la durée de conservation. Cette action est irréversible.
delete-confirm = Pour le supprimer, saisissez son nom : { $name }
delete-this = Supprimer ce webhook
rotate = Renouveler le secret
rotate-overlap = Garder l’ancien secret valide pendant
overlap-none = Pas du tout (il a peut-être fui)
overlap-day = 24 heures
overlap-week = 7 jours
rotate-hint = D’ici là, les appels portent les deux signatures : le destinataire peut changer sans interruption.
rotate-now = Renouveler le secret
rotated = Le nouveau secret. Copiez-le maintenant chez le destinataire : il ne sera plus affiché.
rotated-until = L’ancien secret signe encore jusqu’au

meanwhile = Ce webhook a été modifié pendant que vous y travailliez. Rien n’a encore été enregistré.
meanwhile-why = Voici ce que vous avez saisi. Enregistrez à nouveau pour remplacer les modifications des autres, ou quittez la page pour les garder.

# Le haut de la page.
health = État
failing-for = Tous les appels échouent depuis { $time }
failing-since = depuis le
last-response = Dernière réponse :
ago = il y a { $time }
show-callback = Voir cet appel
rate-of = 24 h : { $rate } de { NUMBER($count) }
median = médiane { $time }
heat-days = 30 derniers jours
heat = 30 derniers jours, par heure : { $count ->
    [one] { NUMBER($count) } appel
   *[other] { NUMBER($count) } appels
}, dont { NUMBER($failed) } en échec
waiting = en attente
held = retenues
failed-for-good = en échec définitif
sections = Sections
edit = Modifier
edit-all = Tout modifier
no-description = Aucune description
no-owners = sans propriétaire
signed-since = secret du { $time }
no-limit = sans limite de débit
limit = au plus { $count } par seconde
in-order = ordonné par sujet
not-in-order = non ordonné
no-headers = Aucun
copied-from = Copie de « { $name } ». Elle a son propre secret et reste désactivée tant que vous ne l’activez pas.
unsaved = Modifications non enregistrées
unsaved-in = Modifications non enregistrées : { $fields }
discard-changes = Abandonner
saving-shows-secret = L’enregistrement affiche le secret une fois.
fresh-secret = Le secret de ce webhook. Copiez-le maintenant chez le destinataire : il ne sera plus affiché.
fresh-env = Comme variable d’environnement
verifying-code = Code qui vérifie la signature
stored-it = Je l’ai conservé
copy-url = Copier l’URL
first-test = Envoyer un premier événement de test
