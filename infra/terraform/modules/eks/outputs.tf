output "cluster_name" {
  description = "The cluster, for aws eks update-kubeconfig."
  value       = module.eks.cluster_name
}

output "cluster_endpoint" {
  description = "Its private API endpoint."
  value       = module.eks.cluster_endpoint
}

output "node_security_group_id" {
  description = "The security group of nodes and pods."
  value       = module.eks.node_security_group_id
}

output "karpenter" {
  description = "What Karpenter's chart is told: the queue of interruptions and the role of the nodes."
  value = {
    interruption_queue = module.karpenter.queue_name
    node_role          = module.karpenter.node_iam_role_name
  }
}
