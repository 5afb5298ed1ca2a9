package organisation

import (
	"net/http"
	"strings"
)

// dialect is how a service says no: they differ.
type dialect struct {
	denied, conflict, invalid string // codes
	status                    int    // of all but denied; 400 if 0
}

func (d dialect) no(code, format string, args ...any) error {
	status := d.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if code == d.denied && code != d.invalid {
		status = http.StatusForbidden
	}
	return refuse(status, code, format, args...)
}

// name makes an account the administrator of a service in a Region, as the management account asks.
func (w *World) name(service, principal string, d dialect, c call, account string) error {
	switch {
	case c.account != w.options.Management:
		return d.no(d.denied, "The request failed because you do not have required AWS Organization master permission.")
	case !w.has(account):
		return d.no(d.invalid, "Account %s is not a member of the organization.", account)
	}
	if w.beginning(service, c.region) {
		return d.no(d.invalid, "The request is rejected because the service-linked role is being created.")
	}
	p := w.in(service, c.region)
	if p.Administrator != "" {
		if p.Administrator == account && service == "inspector2" {
			return d.no(d.conflict, "Account %s is the delegated administrator already.", account)
		}
		if p.Administrator == account {
			return nil
		}
		return d.no(d.conflict, "The request is rejected because an account is already enabled as the delegated "+
			"administrator for the organization.")
	}
	p.Administrator, p.Refusals = account, w.options.Lag
	w.org.Trusted[principal] = true
	w.org.delegate(account, principal)
	return nil
}

// beginning tells whether what the first Region makes for the organization is not there yet: then a second Region
// fails.
func (w *World) beginning(service, region string) bool {
	for key, other := range w.places {
		first := strings.HasPrefix(key, service+" ") && other.Administrator != "" && key != service+" "+region
		if first && other.Refusals > 0 && !w.org.settled[service] {
			return true
		}
	}
	return false
}

// dismiss takes the delegation of a service in a Region back.
func (w *World) dismiss(service string, d dialect, c call, account string) error {
	p := w.in(service, c.region)
	switch {
	case c.account != w.options.Management:
		return d.no(d.denied, "The request failed because you do not have required AWS Organization master permission.")
	case p.Administrator != account:
		return d.no(d.invalid, "Account %s is not the delegated administrator.", account)
	}
	p.Administrator, p.Members = "", map[string]string{}
	return nil
}

// asked refuses who only the management account may ask.
func (w *World) asked(d dialect, c call) error {
	if c.account != w.options.Management {
		return d.no(d.denied, "The request failed because you do not have required AWS Organization master permission.")
	}
	return nil
}

// administrator is the place of a service for its administrator, who is let in after a while.
func (w *World) administrator(service string, d dialect, c call) (*place, error) {
	p := w.in(service, c.region)
	if p.Administrator != c.account {
		return nil, d.no(d.denied, "Account %s is not the delegated administrator of the organization.", c.account)
	}
	if p.Refusals > 0 {
		p.Refusals--
		w.org.settled[service] = p.Refusals == 0 || w.org.settled[service]
		return nil, d.no(d.denied, "Account %s is not the delegated administrator of the organization.", c.account)
	}
	return p, nil
}
