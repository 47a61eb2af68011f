# Ce que disent les règles de ce qui a été saisi.
name-missing = Saisissez un nom.
too-many-characters = Utilisez au plus { NUMBER($max) } caractères.
one-line = Utilisez une seule ligne, sans caractères de contrôle.
control-characters = N’utilisez pas de caractères de contrôle.
rate = Saisissez un nombre entier de 1 à { NUMBER($max) }.

url-missing = Saisissez une URL.
url-too-long = Utilisez au plus { NUMBER($max) } octets.
url-not-whole = Saisissez une URL complète, par exemple https://example.com/hooks.
url-http = Utilisez https : en http, les appels peuvent être lus en chemin. (CLEARHOOK_ALLOW_HTTP le permet.)
url-scheme = Utilisez une URL qui commence par https://.
url-user = N’indiquez ni nom d’utilisateur ni mot de passe ; utilisez plutôt un en-tête supplémentaire.
url-fragment = Retirez ce qui suit # ; ce n’est jamais envoyé.
url-no-host = Indiquez un hôte, par exemple https://example.com/hooks.
url-blocked = { $address } n’est pas sur l’internet public. L’exploitant de clearhook peut autoriser cette seule adresse, s’il lui fait confiance : CLEARHOOK_ALLOWED_NETWORKS={ $address }
url-special = { $address } n’est pas sur l’internet public : c’est une adresse de liaison locale, réservée, ou qui livre les identifiants d’un fournisseur de cloud. Ne la permettez pas dans CLEARHOOK_ALLOWED_NETWORKS ; utilisez l’adresse du destinataire.
url-contains = { $address } représente l’adresse IPv4 { $contained }, qui n’est pas sur l’internet public. Utilisez l’adresse du destinataire ; ne permettez ni { $address } ni son préfixe dans CLEARHOOK_ALLOWED_NETWORKS.
url-port-zero = Le port 0 ne peut pas être appelé. Utilisez le port sur lequel le destinataire écoute, ou omettez-le.
url-port = Le port { $port } appartient à un autre protocole que HTTP. Utilisez un autre port.

header-name-missing = Saisissez un nom d’en-tête, ou retirez l’en-tête.
header-name = Utilisez des lettres, des chiffres et des tirets dans un nom d’en-tête.
header-reserved = Cet en-tête est défini par clearhook lui-même ; choisissez un autre nom.
header-host = Cet en-tête est défini par clearhook lui-même : l’hôte vient de l’URL, et HTTP/2 n’en permet pas d’autre. Écrivez l’hôte dans l’URL, ou envoyez X-Forwarded-Host.
header-connection = Cet en-tête appartient à la connexion et n’est pas transmis ; choisissez un autre nom.
header-twice = Cet en-tête n’a qu’une valeur par définition, et il y en a déjà un de ce nom plus haut ; retirez-en un.
header-value = Utilisez une seule ligne de caractères visibles dans une valeur d’en-tête.
header-value-missing = Saisissez une valeur : aucun en-tête enregistré ne porte ce nom, dont la valeur pourrait rester.
headers-too-many = Utilisez au plus { NUMBER($max) } en-têtes.
headers-too-long = Utilisez au plus { NUMBER($max) } octets pour l’ensemble des en-têtes.

secret = Un secret est `whsec_` suivi de 24 à 64 octets en base64.
overlap = Utilisez au plus 7d.
no-event = Choisissez au moins un événement.
no-such-event = il n’y a pas de type d’événement `{ $event }`
no-such-user = Aucun utilisateur n’a cet identifiant.
no-such-owner = Aucun utilisateur n’a cette adresse e-mail ; ajoutez d’abord l’utilisateur.

# Les noms des types d’événements (`type` de CloudEvents) et les motifs.
type-missing = Saisissez le nom d’un type d’événement, par exemple invoice.paid.
type-character = `{ $sign }` ne peut pas faire partie d’un type d’événement ; utilisez les lettres de A à Z et de a à z, des chiffres, et . _ - / :
type-start = Commencez par une lettre ou un chiffre.
type-end = Terminez par une lettre ou un chiffre.
type-separators = Mettez un seul séparateur (. _ - / :) entre les lettres ou les chiffres.
type-reserved = `{ $name }` est une adresse de l’API ; choisissez un autre nom.
type-reserved-last = Un nom ne peut pas finir par le segment `{ $name }`, qui est une adresse de l’API ; choisissez un autre nom.
wildcard = Utilisez * seul, ou une fois à la fin après un point, une barre oblique ou deux-points, par exemple identity.*
type-fixed = Le nom d’un type d’événement ne change jamais ; ajoutez plutôt un autre type.
type-taken = Le type d’événement `{ $name }` existe déjà ; modifiez-le plutôt.
type-of-pack = Ce type d’événement appartient à un jeu fourni avec clearhook ; seuls son état et son remplaçant peuvent être modifiés.
replaced-by-itself = Un type ne peut pas être remplacé par lui-même ; nommez-en un autre.
pointer = Écrivez un pointeur JSON vers une valeur des données, par exemple /card/number.
too-many-pointers = Utilisez au plus { NUMBER($max) } pointeurs.
too-many-examples = Utilisez au plus { NUMBER($max) } exemples.
examples-too-long = Utilisez au plus { NUMBER($max) } octets dans l’ensemble des exemples.
incompatible = { $count ->
    [one] Le schéma comporte { NUMBER($count) } modification incompatible avec les émetteurs ou les destinataires. Confirmez qu’elle est voulue (`"breaking": true`), ou modifiez le schéma.
   *[other] Le schéma comporte { NUMBER($count) } modifications incompatibles avec les émetteurs ou les destinataires. Confirmez qu’elles sont voulues (`"breaking": true`), ou modifiez le schéma.
}
no-example = Le type d’événement { $event } a un schéma mais aucun exemple à envoyer ; ajoutez d’abord un exemple.
too-many-discovered = { NUMBER($max) } types d’événements ont déjà été enregistrés à partir d’événements, et personne ne les a modifiés depuis. Ajoutez ce type vous-même, ou archivez ce qui n’est pas utile.
too-many-types = Une installation peut avoir au plus { NUMBER($max) } types d’événements.
import-fault = Cela n’a pas pu être fait à cause d’une erreur de clearhook ; le journal du service en dit plus.

range-incomplete = Saisissez les deux dates, par exemple 2026-11-23T09:00.
range-backwards = Choisissez une fin postérieure au début.
range-too-long = Choisissez au plus un an (366 jours).
range-hours = Choisissez au plus 31 jours par heure, ou `period=day`.
range-future = Choisissez un début antérieur à la fin, et qui ne soit pas dans le futur.

disabled = Le webhook est désactivé ; activez-le d’abord.
event-too-old = L’événement est trop ancien : il n’est plus conservé.
event-erased = L’événement a été effacé : il n’y a rien à envoyer.
erase-what = Indiquez soit un sujet, soit une source et un identifiant.
no-subscription = Le webhook n’est abonné à aucun type d’événement.
delivery-being-sent = La livraison est en cours d’envoi ; annulez-la quand elle attendra de nouveau.
delivery-over = La livraison est terminée ; il n’y a rien à annuler.
delivery-waits = La livraison est déjà en attente ou en cours d’envoi ; il n’y a rien à renvoyer.
delivery-ended = Seule une livraison en échec définitif ou retenue peut être renvoyée.
no-redirect-target = Le destinataire n’a indiqué aucune adresse utilisable comme URL.
url-changed-since = Le webhook a maintenant une autre URL que celle à laquelle cet appel a été envoyé.
nothing-waits = Aucune livraison n’attend.
header-masked = Saisissez de nouveau la valeur : une valeur masquée n’est gardée que pour un en-tête du même nom.

no-scope = Choisissez au moins une autorisation.
no-such-scope = Il n’y a pas d’autorisation `{ $scope }`.
no-such-role = Choisissez un rôle.
expiry-past = Choisissez aujourd’hui ou un jour ultérieur.
expiry = Saisissez un jour tel que 2027-01-31, ou laissez le champ vide.
no-address = « { $email } » n’est pas une adresse e-mail ; écrivez par exemple vous@example.com.
address-taken = Il y a déjà un utilisateur { $email } ; donnez-lui plutôt un nouveau mot de passe.
password-short = Un mot de passe a au moins { NUMBER($min) } caractères.
password-long = Un mot de passe a au plus { NUMBER($max) } octets.
password-common = Ce mot de passe est trop courant. Essayez plusieurs mots sans lien entre eux.
yourself = C’est votre propre compte : un autre administrateur peut le faire.
last-administrator = C’est le dernier administrateur ; donnez d’abord ce rôle à quelqu’un d’autre.
moment = Saisissez des dates et heures telles que 2026-11-23T09:00.

not-its-name = Ce n’est pas le nom du webhook ; il n’a pas été supprimé.
no-factor = Il n’y a pas de second facteur à désactiver.

# Demandes.
other-site = Cette demande vient d’un autre site. Ouvrez la console elle-même et réessayez.
too-large = C’est plus que clearhook n’accepte en une fois : { NUMBER($max) } octets. Revenez en arrière et raccourcissez ce que vous avez saisi.
