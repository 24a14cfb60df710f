# The core rules; those of AWS need a plug-in from elsewhere.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
