terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.66.0"
    }
  }

  # Bucket and region: terraform init -backend-config=backend.hcl
  backend "s3" {
    key          = "order-processing/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      System      = "order-processing"
      Environment = "dev"
      ManagedBy   = "terraform"
    }
  }
}
