# Raccourcis clavier.
title = Raccourcis clavier
search = Rechercher
add = Ajouter un webhook
go-webhooks = Aller aux webhooks
go-overview = Aller à la vue d’ensemble
rows = Ligne suivante et précédente
open = Ouvrir la ligne
choose = Choisir la ligne
close = Fermer ce qui est ouvert, ou effacer la sélection
help = Afficher cette liste
on = Utiliser les raccourcis clavier
close-sheet = Fermer
save = Enregistrer le formulaire
