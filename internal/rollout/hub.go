package rollout

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/stack"
)

// Parameters of the hub's template that are filled in here.
const (
	paramBucket   = "CodeBucket"
	paramKey      = "CodeKey"
	paramArch     = "Architecture"
	paramRevision = "Revision"
	paramLive     = "LiveVersion"
	paramOrg      = "OrgId"
	paramExternal = "ExternalId"
	paramActions  = "CustomActions"
	paramDelete   = "DeletionProtection"
	paramPrefix   = "NamePrefix"
	paramPath     = "RolePath"
)

// Hub is the hub as it shall be.
type Hub struct {
	Place      Place
	Bucket     Bucket
	Driver     stack.Driver
	Template   string
	Code       *Code             // nil: as it is
	Parameters map[string]string // that are given
	OrgID      string            // of the organisation, for a hub that has none yet
	Release    bool              // the version that is published last gets the work, whatever was put back before
	Actions    Actions
	Shelf      Shelf
}

// Parts are those of the hub, in the order in which they need each other.
func (h *Hub) Parts() Parts {
	parts := Parts{h.Bucket}
	if h.Code != nil {
		parts = append(parts, object{
			bucket: h.Bucket, what: "program for " + h.Code.Architecture, key: h.key(), content: h.Code.Content,
		})
	}
	return append(parts,
		one{driver: h.Driver, account: h.Place.Account, name: h.Place.HubStack(), protect: true, wish: h.own},
		h.actions(), firstConfiguration{account: h.Place.Account, shelf: h.Shelf})
}

// key is where the program is in the bucket.
func (h *Hub) key() string { return h.Place.folder() + h.Code.Key }

// own is what is wished of a stack that is the hub's.
func (h *Hub) own(ctx context.Context, s stack.State) (stack.Wish, error) {
	if err := ownHub(s); err != nil {
		return stack.Wish{}, err
	}
	return h.wish(ctx, s)
}

// wish is the stack as it shall be, seen from how it is.
func (h *Hub) wish(ctx context.Context, s stack.State) (stack.Wish, error) {
	w := stack.Wish{
		Name: h.Place.HubStack(), Template: h.Bucket.ofHub(ctx, h.Template),
		Parameters: map[string]string{},
	}
	known, err := w.Template.Parameters()
	if err != nil {
		return w, err
	}
	if h.Code != nil {
		w.Parameters[paramBucket], w.Parameters[paramKey] = h.Bucket.Name, h.key()
		w.Parameters[paramArch] = h.Code.Architecture
	}
	fresh := !s.Whole()
	if fresh && h.Code == nil {
		return w, fault.New(fault.Invalid, "there is no hub yet, so the zip of the program is needed: make package builds "+
			"it into dist, --zip names another")
	}
	if fresh && h.OrgID != "" {
		w.Parameters[paramOrg] = h.OrgID
	}
	if h.Release {
		w.Parameters[paramLive] = ""
	}
	maps.Copy(w.Parameters, h.Parameters)
	if err := h.atHome(&w, s); err != nil {
		return w, err
	}
	if fresh && w.Parameters[paramOrg] == "" && w.Parameters[paramExternal] == "" {
		return w, fault.New(fault.Refused, "roles of members could not tell this hub from a stranger: name the organisation "+
			"with --org-id, or without one choose a secret with --parameter ExternalId=…")
	}
	w.Parameters[paramRevision] = revision(w, s, known)
	return w, nil
}

// atHome gives a new hub the prefix and the path that the environment names: commands find it by them. One that is
// there has others only by mistake.
func (h *Hub) atHome(w *stack.Wish, s stack.State) error {
	for name, want := range map[string]string{paramPrefix: h.Place.Home.Prefix, paramPath: h.Place.Home.Path} {
		has, given := w.Parameters[name]
		if !given {
			has = s.Parameters[name]
		}
		if !given && !s.Whole() && want != "" {
			w.Parameters[name], has = want, want
		}
		if has != want && (name != paramPath || has != "/" || want != "") {
			return fault.New(fault.Refused, "the hub's %s is %q, and the environment says %q: export %s and %s as the hub's "+
				"NamePrefix and RolePath are, so that all commands find it", name, has, want, names.EnvPrefix, names.EnvRolePath)
		}
	}
	return nil
}

// revision names all that a version of the function is made of. The template publishes a version where it differs.
// Secrets are no part of the first half, for nobody can read those that the stack has; a few bits of those that are
// given are the second, which stays as it is where none is.
func revision(w stack.Wish, s stack.State, known map[string]stack.Parameter) string {
	values, secrets := map[string]string{}, map[string]string{}
	for name, p := range known {
		value, given := w.Parameters[name]
		switch {
		case name == paramRevision || name == paramLive:
		case p.NoEcho && given:
			secrets[name] = value
		case p.NoEcho:
		case given:
			values[name] = value
		default:
			values[name] = s.Parameters[name]
			if _, has := s.Parameters[name]; !has && p.Default != nil {
				values[name] = *p.Default
			}
		}
	}
	text, _ := json.Marshal(values) // texts always can be
	_, suffix, _ := strings.Cut(s.Parameters[paramRevision], "-")
	if len(secrets) > 0 {
		secret, _ := json.Marshal(secrets)
		const few = 4
		suffix = digest(secret)[:few]
	}
	const enough = 12
	return digest(append(text, w.Template.Text...))[:enough] + "-" + cmp.Or(suffix, "0")
}
