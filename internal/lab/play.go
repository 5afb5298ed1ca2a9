package lab

import (
	"net/http"
	"net/http/httptest"

	"github.com/salve-security/salve/internal/lab/organisation"
)

// orgID is the organisation of every lab.
const orgID = "o-lab0000001"

// AccessRole is the role by which a management account enters the accounts that its organisation has made.
const AccessRole = "OrganizationAccountAccessRole"

// lag is how many calls a new administrator is refused in a bare lab: on AWS it is minutes.
const lag = 2

// play sets up what the lab answers itself: Security Hub, AWS Organizations, lists of Regions; in a bare lab also what
// other services do for an organisation, their members and detectors, which emulators answer in every other lab.
func (l *Lab) play() {
	hub := l.securityHub()
	options := organisation.Options{
		ID: orgID, Management: l.options.Management, Accounts: append(l.Members(), l.options.Hub), Regions: l.options.Regions,
		Hub: hub, Lag: lag,
	}
	if !l.options.Bare {
		options.Administrator = l.options.Hub
	}
	l.organisation = organisation.New(options)
	for _, service := range []string{"organizations", "account", "ec2"} {
		l.handlers[service] = l.organisation.Handler(service)
	}
	if l.options.Bare {
		for _, service := range l.organisation.Services() {
			l.handlers[service] = l.organisation.Handler(service)
		}
		l.handlers["securityhub"] = either{l.organisation.Handler("securityhub"), hub}
	} else {
		l.handlers["securityhub"] = hub
	}
}

// either is the first handler, and for what that one does not play the hub.
type either struct {
	first http.Handler
	hub   interface {
		http.Handler
		Reset()
	}
}

// ServeHTTP implements http.Handler.
func (e either) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := httptest.NewRecorder()
	e.first.ServeHTTP(got, r)
	if got.Code == http.StatusNotImplemented {
		e.hub.ServeHTTP(w, r)
		return
	}
	for name, values := range got.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes()) // an answer takes everything
}

// Reset forgets what the hub knows.
func (e either) Reset() { e.hub.Reset() }
