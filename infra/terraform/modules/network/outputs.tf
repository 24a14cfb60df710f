output "vpc_id" {
  description = "The VPC."
  value       = module.vpc.vpc_id
}

output "vpc_cidr" {
  description = "Its network."
  value       = module.vpc.vpc_cidr_block
}

output "private_subnet_ids" {
  description = "Subnets of nodes and pods, with a way out by NAT."
  value       = module.vpc.private_subnets
}

output "intra_subnet_ids" {
  description = "Subnets without a way out."
  value       = module.vpc.intra_subnets
}

output "nat_public_ips" {
  description = "The addresses from which the system reaches others, for their allow lists."
  value       = module.vpc.nat_public_ips
}
