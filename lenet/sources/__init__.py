"""Where the built-in data sets come from."""

# The sources that `lenet fetch` brings, with what their files need beside the defaults.
SETTINGS = {
    "digits": "",
    "usps-libsvm": " -S raw.first_label=1 -S 'raw.pixel_range=[-1,1]'",
    "usps-zip": " -S 'raw.pixel_range=[-1,1]'",
}
# Advice for a user without network.
DIGITS_INSTEAD = (
    "or take the digits that come with scikit-learn, which need no network: `lenet fetch digits`."
)
