module kubernetes-from-scratch/artifacts/pause

go 1.26.0
