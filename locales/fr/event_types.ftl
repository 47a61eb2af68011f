# Le catalogue : ce qui peut se produire, et ce que contient un appel.
title = Types d’événements
lead = Ce qui peut se produire, et ce que contient chaque appel.
name = Événement
key = Type
meaning = Signification
webhooks = Webhooks
last-day = 24 dernières heures
webhooks-of = { $count ->
    [one] { NUMBER($count) } webhook reçoit { $event }
   *[other] { NUMBER($count) } webhooks reçoivent { $event }
}
webhooks-after = { $count ->
    [one] webhook
   *[other] webhooks
}
events-after = { $count ->
    [one] événement en 24 heures
   *[other] événements en 24 heures
}
callbacks-of-day = Appels par heure des dernières 24 heures, { NUMBER($count) } en tout
count = { $count ->
    [one] { NUMBER($count) } type d’événement
   *[other] { NUMBER($count) } types d’événements
}
new = Nouveau type d’événement
import = Importer des types
download-all = Tout télécharger
search-hint = Nom, type ou description
state = État
in-use = Utilisé
any-state = Tous les états
state-active = Actif
state-deprecated = Déconseillé
state-archived = Archivé
origin = Origine
any-origin = Toutes les origines
origin-clearid = ClearID
origin-custom = Personnalisé
origin-discovered = Découvert
no-group = Autres
none = Aucun type d’événement
none-why = Un type d’événement décrit ce qui peut se produire, et les données que ses événements contiennent.
none-found = Aucun type d’événement ne correspond à la recherche et aux filtres.
imported = Les types d’événements ont été importés.

download-schema = Télécharger le schéma
download-example = Télécharger l’exemple
download-types = Télécharger TypeScript
download-schema-of = Télécharger le schéma de la version { NUMBER($version) }
download-example-of = Télécharger l’exemple de la version { NUMBER($version) }
download-types-of = Télécharger TypeScript de la version { NUMBER($version) }
downloads = Téléchargements
fields = Champs
fields-why = Le corps de chaque appel. Ce qui n’est pas marqué comme obligatoire peut être absent ou null.
required = obligatoire
within = { $count ->
    [one] { NUMBER($count) } champ
   *[other] { NUMBER($count) } champs
}
example = Exemple
examples = Exemples
example-which = Exemple { NUMBER($place) }
example-none = Ce type n’a pas encore d’exemple.
used-by = Webhooks qui l’utilisent
test-to = Envoyer un événement de test à { $name }
used-by-none = Aucun webhook ne reçoit encore cet événement.
used-by-none-own = Aucun de vos webhooks ne reçoit cet événement.
used-by-first = { NUMBER($shown) } des { NUMBER($count) } webhooks, par nom
used-by-all = Tout afficher

version = Version
version-which = Version { NUMBER($place) }
versions = Versions
versions-of = Versions de { $name }
since = Depuis
changes = Modifications
present = actuelle
only-version = Il n’y a qu’une version pour l’instant.
compare = Comparer
compare-from = De
compare-to = à
old-version = Ceci est la version { NUMBER($shown) }. La version actuelle est la { NUMBER($present) }.
present-version = Afficher la version actuelle
diff-none = Rien ne diffère.
diff-removed = supprimé
diff-added = ajouté
diff-equal = { $count ->
    [one] { NUMBER($count) } ligne identique
   *[other] { NUMBER($count) } lignes identiques
}

edit = Modifier
edit-which = Modifier { $name }
saved-created = Le type d’événement a été ajouté. Ses événements peuvent être publiés dès maintenant.
saved-changed = Le type d’événement a été enregistré.
saved-active = Le type d’événement est de nouveau actif.
saved-deprecated = Le type d’événement est déconseillé. Ses événements sont toujours livrés.
saved-archived = Le type d’événement est archivé. Ses événements sont refusés désormais.
use-instead = À utiliser à la place :
deprecated-why = Ce type d’événement est déconseillé : ses événements sont toujours livrés, mais il peut être archivé.
archived-why = Ce type d’événement est archivé : ses événements sont refusés. Les événements antérieurs restent dans le journal.
deprecate = Déconseiller
deprecate-why = Ses événements sont toujours acceptés et livrés. Sa page et le choix des événements indiquent qu’il ne faut plus l’utiliser.
deprecate-now = Déconseiller ce type d’événement
replaced-by = Type à utiliser à la place (facultatif)
undeprecate = Rendre de nouveau actif
archive = Archiver
archive-why = Les nouveaux événements de ce type sont refusés, et les webhooks ne peuvent plus le choisir. Les livraisons en attente sont encore envoyées, et le journal est conservé. Il peut être rétabli.
archive-now = Archiver ce type d’événement
restore = Rétablir

general-why = La façon dont il est affiché. Tout sauf le type peut être modifié à tout moment.
key-hint = Des lettres, des chiffres et . _ - / : entre eux, par exemple invoice.paid. Il ne peut plus être modifié ensuite.
name-hint = Le nom affiché, par exemple « Facture payée ».
group = Groupe
group-hint = Facultatif. Les types d’un groupe sont listés ensemble.
description-hint = Quand l’événement est envoyé et ce qu’il signifie, pour les développeurs de destinataires.
data = Données
data-why = Le schéma et un exemple de data, la partie de l’appel propre à ce type.
schema = Schéma
schema-hint = JSON Schema, version 2020-12. Laissez vide pour permettre tout JSON.
example-hint = Du JSON conforme au schéma. Les événements de test l’envoient.
example-add = Ajouter un exemple
example-remove = Retirer
example-remove-which = Retirer l’exemple { NUMBER($place) }
infer = Déduire le schéma des exemples
check = Vérifier
keeping = Confidentialité
keeping-why = Combien de temps les contenus sont conservés, et quelles valeurs sont visibles.
retention = Jours de conservation des contenus
retention-hint = Vide : aussi longtemps que cette installation conserve les événements.
days = { $count ->
    [one] { NUMBER($count) } jour
   *[other] { NUMBER($count) } jours
}
masked = Valeurs masquées
masked-hint = Des pointeurs JSON dans data, un par ligne, par exemple /customer/email. La console n’affiche pas ces valeurs.
draft-schema = Le schéma ne peut pas être utilisé
draft-example = L’exemple { NUMBER($place) } n’est pas conforme au schéma
draft-any = Tout JSON est permis. { $examples }
draft-valid = { $count ->
    [one] Le schéma est valide et a { NUMBER($count) } champ. { $examples }
   *[other] Le schéma est valide et a { NUMBER($count) } champs. { $examples }
}
draft-no-example = Il n’y a pas d’exemple.
draft-fits = { $count ->
    [one] L’exemple est conforme.
   *[other] Les { NUMBER($count) } exemples sont conformes.
}
draft-invalid = Ceci ne peut pas encore être enregistré.
report-rejected = Émetteurs : ce qui est permis aujourd’hui, et serait refusé
report-sent = Destinataires : ce qui ne peut pas se produire aujourd’hui, et pourrait être envoyé
report-stored-none = Aucun des { NUMBER($checked) } derniers événements ne serait refusé.
report-stored = { $count ->
    [one] { NUMBER($count) } des { NUMBER($checked) } derniers événements serait refusé :
   *[other] { NUMBER($count) } des { NUMBER($checked) } derniers événements seraient refusés :
}
incompatible = Cette modification du schéma peut être incompatible avec des émetteurs ou des destinataires. Rien n’a été enregistré.
incompatible-why = Enregistrez de nouveau en cochant la case si elle est voulue.
breaking = Enregistrer malgré l’incompatibilité
meanwhile = Quelqu’un d’autre a modifié ce type d’événement entre-temps. Rien n’a été enregistré.
meanwhile-why = Votre saisie est ci-dessous. Voici les modifications des autres ; si vous enregistrez maintenant, les vôtres les remplacent.

import-lead = D’un document OpenAPI ou AsyncAPI, d’un schéma JSON ou d’exemples. Rien n’est enregistré avant que vous ayez vu ce qui changerait.
import-file = Fichier
import-file-hint = JSON ou YAML, jusqu’à { NUMBER($mib) } Mio. Les références doivent rester dans le même fichier.
import-paste = Ou collez son contenu
import-check = Vérifier
import-apply = { $count ->
    [one] Importer { NUMBER($count) } type d’événement
   *[other] Importer { NUMBER($count) } types d’événements
}
import-again = Vérifier un autre fichier
import-nothing = Il n’y a rien à importer : tous les types d’événements sont déjà identiques.
import-rejected = Le document ne peut pas être importé. Rien n’a été enregistré.
import-result = Ce qui changerait
import-new = { $count ->
    [one] { NUMBER($count) } nouveau
   *[other] { NUMBER($count) } nouveaux
}
import-changed = { $count ->
    [one] { NUMBER($count) } modifié
   *[other] { NUMBER($count) } modifiés
}
import-unchanged = { $count ->
    [one] { NUMBER($count) } inchangé
   *[other] { NUMBER($count) } inchangés
}
import-breaking = Importer aussi les modifications incompatibles
import-missing = Choisissez un fichier ou collez son contenu.
import-more = et { NUMBER($count) } de plus
sign-in = Se connecter
repeats = Les mêmes champs que { $definition }, qui se contient lui-même.
every-type = Tous les événements
not-json = Ce n’est pas du JSON : { $detail }.
