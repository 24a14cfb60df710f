module "environment" {
  source = "../../modules/environment"

  name                   = var.name
  network                = var.network
  cluster                = var.cluster
  kafka                  = var.kafka
  data                   = var.data
  images                 = var.images
  ci                     = var.ci
  rules_directory        = "${path.root}/../../../../deploy/prometheus/rules"
  log_retention_days     = var.log_retention_days
  metrics_retention_days = var.metrics_retention_days
}
