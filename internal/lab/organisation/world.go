// Package organisation is the lab's AWS Organizations, and what other services do for a whole organization: the
// administrator that they are delegated to, new accounts, members. It keeps everything in memory; the unmodified AWS
// SDK is its client.
//
// # Where it differs from AWS
//
// What is asynchronous there is counted here: an administrator is let in after some calls and not after some minutes,
// and what is pending has ended when somebody looks again. Accounts cannot leave. Only what enablement needs is there;
// a call that is not is answered with 501, and the lab gives it to an emulator.
package organisation

import (
	"net/http"
	"slices"
	"sync"
)

// Options describe the organization.
type Options struct {
	ID         string   // o-lab
	Management string   // account; it is one of the organization too
	Accounts   []string // the others
	Regions    []string // enabled ones, of all accounts
	// Administrator is delegated to Security Hub from the beginning; empty: nobody is.
	Administrator string
	// Lag is how many calls an administrator is refused after he was named, by each service and in each Region.
	Lag int
	// Hub is the lab's Security Hub, where it has one.
	Hub Hub
}

// Hub is what is asked of Security Hub: is it on in an account, and switch it on.
type Hub interface {
	Enabled(region, account string) bool
	Enable(region, account string)
}

// World is an organization and the services in it. It is safe for concurrent use.
type World struct {
	options Options
	apis    map[string]api // by signing name

	mu     sync.Mutex
	org    *organization
	places map[string]*place // by service and Region
}

// api is what is played of one service: by operation for those that name it, by method and path for the others.
type api struct {
	named map[string]operation
	paths *http.ServeMux
}

// place is a service in one Region.
type place struct {
	Administrator string                     // account
	Refusals      int                        `json:"-"` // that the administrator still gets
	On            map[string]map[string]bool // account: what is on there; an entry without any is the service alone
	Members       map[string]string          // account: state
	Set           map[string]any             // what else was set, by name
}

// New returns an organization in which nothing is on.
func New(options Options) *World {
	w := &World{options: options}
	w.Reset()
	w.apis = map[string]api{
		"access-analyzer": {paths: w.accessAnalyzer()},
		"organizations":   {named: w.organizations()},
		"account":         {paths: w.accountPaths()},
		"ec2":             {named: w.regions()},
		"securityhub":     {paths: w.securityHub()},
		"guardduty":       {paths: w.guardDuty()},
		"inspector2":      {paths: w.inspector()},
		"macie2":          {paths: w.macie()},
		"detective":       {paths: w.detective()},
		"config":          {named: w.config()},
	}
	return w
}

// Reset brings the organization back to where it was after New.
func (w *World) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.org = newOrganization(w.options)
	w.places = map[string]*place{}
}

// Services are the signing names of those that are played.
func (w *World) Services() []string {
	var names []string
	for name := range w.apis {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// in is a service in a Region; mu is held.
func (w *World) in(service, region string) *place {
	key := service + " " + region
	if w.places[key] == nil {
		w.places[key] = &place{On: map[string]map[string]bool{}, Members: map[string]string{}, Set: map[string]any{}}
	}
	return w.places[key]
}

// has tells whether an account is in the organization.
func (w *World) has(account string) bool {
	return account == w.options.Management || slices.Contains(w.options.Accounts, account) || w.org.Made[account] != nil
}

// Join has an account be a member of a service in a Region, in a state of the service's.
func (w *World) Join(service, region, account, state string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in(service, region).Members[account] = state
}

// active tells whether an account is in the organization and not suspended.
func (w *World) active(account string) bool { return w.has(account) && !w.org.Suspended[account] }

// Places are copies of what was set, to be compared: service and Region, and what is there.
func (w *World) Places() map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]any{
		"trusted": copied(w.org.Trusted), "delegated": copied(w.org.Delegated),
	}
	for key, p := range w.places {
		if p.Administrator != "" || len(p.On)+len(p.Members)+len(p.Set) > 0 {
			all[key] = copied(p)
		}
	}
	return all
}
