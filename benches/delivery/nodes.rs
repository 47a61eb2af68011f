//! The part `nodes`: one, two and four nodes on one PostgreSQL, all on this machine. More nodes cannot be faster than one here, so
//! their CPU time is measured.

use std::{sync::Arc, time::Instant};

use clearhook::catalogue::BuiltIn;

use crate::{
    load::{self, Events},
    report::Report,
    run,
    service::{Kind, Service},
};

pub(crate) async fn nodes(report: &mut Report) {
    for count in [1, 2, 4] {
        let mut service = Service::start(Kind::Postgres).await;
        for _ in 1..count {
            service.add_node();
        }
        service.webhook(&service.receiver.url, BuiltIn::IdentityCreated).await;
        let (began, cpu, database) = (Instant::now(), service.cpu(), service.database_cpu());
        let publishers: Vec<_> = service
            .nodes()
            .map(|url| {
                let target = load::Target {
                    url: format!("{url}/api/v1/events"),
                    ..run::target(&service)
                };
                // The events of each publisher have other ids.
                let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
                tokio::spawn(async move { load::in_batches(&target, &events, run::SUSTAINED / count, 500).await })
            })
            .collect();
        for publisher in publishers {
            publisher.await.unwrap();
        }
        run::settle(&service, (run::SUSTAINED / count * count) as u64).await;
        let rate = run::SUSTAINED as f64 / began.elapsed().as_secs_f64();
        report.line(&format!("{count} node(s)"), "deliveries/s", rate, None);
        let per_delivery = |seconds: f64| seconds * 1e6 / run::SUSTAINED as f64;
        report.line("  CPU of the nodes", "µs per delivery", per_delivery(service.cpu() - cpu), None);
        report.line(
            "  CPU of PostgreSQL",
            "µs per delivery",
            per_delivery(service.database_cpu() - database),
            None,
        );
    }
}
