// Package securityhub is the lab's AWS Security Hub CSPM: one administrator account with its members, as many Regions
// as are asked for, in memory. The unmodified AWS SDK is its client.
//
// It keeps the two behaviours that remediation engines get wrong: every accepted import and every customer update is
// announced on the event bus, also the engine's own updates, and the workflow status follows Security Hub's rules, so
// that a finding resolved too early stays resolved for as long as it fails.
//
// # Where it differs from AWS
//
// Updates take effect at once. GetFindings also takes CONTAINS and NOT_CONTAINS, which AWS documents for automation
// rules only. An update that names no field to change is refused. There is no throttling and no cross-Region
// aggregation, and every event goes to the administrator's bus alone.
//
// # Who may write what
//
// The lab authenticates and authorises a request before it arrives here and names its caller in three headers. Then:
//
//   - Anyone may import under arn:aws:securityhub:REGION:ACCOUNT:product/ACCOUNT/default for the account he calls from.
//   - The root key of an account stands for the AWS services there: it, and nobody else, may import under the products
//     of AWS (product/aws/securityhub, product/aws/guardduty, ...). The administrator's root key may do so for every
//     member, a member's only for itself.
//   - A partner's product (product/prowler/prowler) may be imported under by an account that has subscribed to it, for
//     itself. Others: InvalidAccess.
package securityhub

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Headers in which the lab names the authorised caller of a request. Anything a client sent under these names has to
// be replaced by the lab.
const (
	HeaderAccount   = "X-Lab-Account"
	HeaderRegion    = "X-Lab-Region"
	HeaderPrincipal = "X-Lab-Principal"
)

// Event is what Security Hub would put on the default event bus of Account in Region.
type Event struct {
	Account    string
	Region     string
	DetailType string
	Source     string
	Resources  []string
	Detail     json.RawMessage
}

// Options describe the organisation and its surroundings.
type Options struct {
	// Hub is the administrator account. Security Hub is on for it and its members in every Region from the start.
	Hub string
	// Members are the accounts whose findings the administrator sees.
	Members []string
	// Bare is an organization in which Security Hub is off in the beginning, everywhere.
	Bare bool
	// Emit delivers an event; nil drops it. An error of it is answered to the caller as InternalException.
	Emit func(ctx context.Context, event Event) error
	// Clock is asked for every time stamp; nil is the wall clock.
	Clock func() time.Time
}

// Hub is the service. It is an http.Handler and safe for concurrent use.
type Hub struct {
	options Options
	routes  http.Handler

	mu      sync.Mutex
	regions map[string]*region
}

// region is the state of one Region; Hub.mu guards it.
type region struct {
	findings map[identifier]*record
	actions  map[string]actionTarget // by ARN
	enabled  map[string]string       // account -> when Security Hub was enabled there

	subscribed map[string]map[string]bool       // account -> ARNs of its subscriptions to products
	parameters map[string]map[string]parameters // account -> control -> what was set to other than the default
}

// New returns a Hub without findings or action targets.
func New(options Options) *Hub {
	if options.Emit == nil {
		options.Emit = func(context.Context, Event) error { return nil }
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	options.Members = slices.Clone(options.Members)
	hub := &Hub{options: options, regions: map[string]*region{}}
	hub.routes = hub.mux()
	return hub
}

// Reset forgets every finding, every action target and every account that enabled Security Hub by itself.
func (h *Hub) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.regions = map[string]*region{}
}

// ServeHTTP answers one API request that the lab has authorised.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.routes.ServeHTTP(w, r)
}

// in returns the state of a Region. The organisation counts as enabled from the moment somebody looks, unless it is
// bare.
func (h *Hub) in(name string) *region {
	if found, ok := h.regions[name]; ok {
		return found
	}
	created := &region{
		findings: map[identifier]*record{},
		actions:  map[string]actionTarget{},
		enabled:  map[string]string{},

		subscribed: map[string]map[string]bool{},
		parameters: map[string]map[string]parameters{},
	}
	h.regions[name] = created
	if h.options.Bare {
		return created
	}
	since := h.now()
	created.enabled[h.options.Hub] = since
	for _, member := range h.options.Members {
		created.enabled[member] = since
	}
	return created
}

// Enabled tells whether Security Hub is on in an account and Region.
func (h *Hub) Enabled(region, account string) bool {
	return h.isEnabled(caller{account: account, region: region})
}

// Enable switches Security Hub on in an account and Region, as an administrator or a policy does.
func (h *Hub) Enable(region, account string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	enabled := h.in(region).enabled
	if enabled[account] == "" {
		enabled[account] = h.now()
	}
}

// administrator names the account on whose bus the findings of owner appear: the hub for its organisation, else the
// account itself.
func (h *Hub) administrator(owner string) string {
	if slices.Contains(h.options.Members, owner) {
		return h.options.Hub
	}
	return owner
}

// sees says whether viewer may read and update the findings of owner.
func (h *Hub) sees(viewer, owner string) bool {
	return viewer == owner || viewer == h.administrator(owner)
}

// now is the current time as Security Hub writes it.
func (h *Hub) now() string {
	return stamp(h.options.Clock())
}

// stamp formats a time with the millisecond precision of Security Hub.
func stamp(at time.Time) string {
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}
