# What the program publishes and reads; test/infra compares it with the program's own catalogue.

locals {
  services = ["cart", "catalog", "inventory", "notification", "order", "payment", "shipping"]

  # The topics that each consumer group reads.
  subscriptions = {
    shipping     = ["commerce.order.events"]
    notification = ["commerce.order.events", "commerce.payment.events"]
  }

  event_topics        = [for service in local.services : "commerce.${service}.events"]
  bridge_dead_letters = "commerce.bridge.dead-letters"
  checkpoints         = "transaction-checkpoints"

  consumer_dead_letters = {
    for group, topics in local.subscriptions : group => [for topic in topics : "${topic}.${group}.dead-letters"]
  }

  # Kept for ever: a consumer that comes later reads from the first event on.
  kept = { "cleanup.policy" = "delete", "retention.ms" = "-1" }

  topics = merge(
    {
      for name in concat(local.event_topics, [local.bridge_dead_letters], flatten(values(local.consumer_dead_letters))) :
      name => { partitions = var.kafka.topic_partitions, configs = local.kept }
    },
    {
      (local.checkpoints) = {
        partitions = 1
        configs    = { "cleanup.policy" = "compact", "min.cleanable.dirty.ratio" = "0.1", "segment.bytes" = "16777216" }
      }
    },
  )

  bridge_writes = concat(local.event_topics, [local.bridge_dead_letters, local.checkpoints])

  # One service account for each Deployment: <service>-<role>, the bridge, and the Job before a roll-out.
  service_accounts = merge(
    { for pair in setproduct(local.services, ["api", "process", "projector"]) : join("-", pair) => {} },
    {
      for group, topics in local.subscriptions : "${group}-process" => {
        reads  = topics
        groups = [group]
        writes = local.consumer_dead_letters[group]
      }
    },
    {
      bridge = {
        # It compares the topics with the store, and finds its own checkpoint.
        reads            = local.bridge_writes
        writes           = local.bridge_writes
        transactional_id = "bridge"
      }
      migrations = {}
    },
  )
}
