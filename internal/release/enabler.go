package release

// Enabler is the package of the function that switches an organization's services on.
const Enabler = "github.com/salve-security/salve/functions/enabler"
