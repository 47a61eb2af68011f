//! The app on a phone that generates codes for the second factor.

use totp_rs::{Builder, Secret};

use crate::support::{
    app::{TestApp, cookie},
    html::{Page, text_of},
};

/// The password of users that [`TestApp::sign_in`] adds.
const PASSWORD: &str = "correct horse battery";

/// The authenticator app of a user.
pub(crate) struct Device(Secret);

impl Device {
    /// Reads the secret that the page shows.
    fn of(page: &str) -> Self {
        let shown = text_of(Page::of(page).one("#factor-secret"));
        Self(Secret::try_from_base32(shown.replace(' ', "")).unwrap())
    }

    /// The current code.
    pub(crate) fn code(&self, app: &TestApp) -> String {
        let totp = Builder::new().with_secret(self.0.clone()).build().unwrap();
        totp.generate(u64::try_from(app.clock.now().unix_seconds()).unwrap()).to_string()
    }
}

/// Sets up a second factor; returns the new session, the device and the recovery codes.
pub(crate) async fn enrol(app: &TestApp, session: &str) -> (String, Device, Vec<String>) {
    let shown = app
        .form("/account", session, &[("intent", "begin-factor"), ("current", PASSWORD)])
        .await;
    assert_eq!(shown.status(), 200);
    let page = shown.text().await.unwrap();
    assert!(page.contains("otpauth://totp/clearhook") && page.contains("class=\"qr\""), "{page}");
    let device = Device::of(&page);
    let wrong = app
        .form("/account", session, &[("intent", "confirm-factor"), ("code", "000000x")])
        .await;
    assert_eq!(wrong.status(), 422);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("This code is not valid") && Device::of(&page).0 == device.0, "{page}");
    let on = app
        .form("/account", session, &[("intent", "confirm-factor"), ("code", &device.code(app))])
        .await;
    assert_eq!(on.status(), 200);
    let renewed = cookie(&on, "clearhook_session").unwrap();
    let page = on.text().await.unwrap();
    (renewed, device, codes(&page))
}

/// The recovery codes that a page shows.
pub(crate) fn codes(page: &str) -> Vec<String> {
    let list = page.split("class=\"codes mono\"").nth(1).unwrap().split("</ul>").next().unwrap();
    list.split("<li>")
        .skip(1)
        .map(|item| item.split('<').next().unwrap().to_owned())
        .collect()
}
