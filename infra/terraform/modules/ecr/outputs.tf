output "repository_urls" {
  description = "Where images are pushed and pulled, by repository."
  value       = { for name, repository in module.repository : name => repository.repository_url }
}

output "repository_arns" {
  description = "The repositories."
  value       = [for repository in module.repository : repository.repository_arn]
}
