package enginetest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
)

// Registry is the fixed set of controls. Store.1 to Store.3 write the same four
// flags of a store; Store.4 writes its policy. Door.1 and Door.2 look at the rules
// of a door, each with a state of its own: what Door.2 is against, Door.1 is too.
// Account.101 and Account.102 share the rules for passwords of an account.
// Post.1 waits for a person. Tests put slow, one-way and broken controls and one
// with secrets in the place of Store.3: see Instead.
func Registry(t *testing.T) control.Registry {
	t.Helper()
	return RegistryOf(t, slices.Concat(stores(), doors(), passwordRules(), posts())...)
}

// RegistryOf is a registry of a test's own controls.
func RegistryOf(t *testing.T, controls ...control.Control) control.Registry {
	t.Helper()
	r, err := control.NewRegistry(nil, controls...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// StateBlock is the name of the state that Store.1 to Store.3 share: four flags,
// each a *bool, with the names of those of Flags.
const StateBlock = "store.block"

// ids are the controls of the registry.
func ids() []string {
	return []string{
		"Store.1", "Store.2", "Store.3", "Store.4", "Door.1", "Door.2", "Account.101", "Account.102", "Post.1",
	}
}

// kind is what the controls of one kind of resource have in common.
type kind struct {
	service, resource, pattern string
	state                      string   // that they share; empty for one of its own each
	settings                   []string // that they read and write
}

func storeKind(state, setting string) kind {
	return kind{
		service: "Store", resource: "AwsStore", pattern: `^arn:aws[a-z-]*:store:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$`,
		state: state, settings: []string{setting},
	}
}

func doorKind() kind {
	return kind{
		service: "Door", resource: "AwsDoor", settings: []string{"Rules"},
		pattern: `^arn:aws[a-z-]*:door:[a-z0-9-]+:[0-9]{12}:door/([a-z0-9-]+)$`,
	}
}

func accountKind(service, state string, settings ...string) kind {
	return kind{
		service: service, resource: "AwsAccount", pattern: `^AWS::::Account:([0-9]{12})$`, state: state, settings: settings,
	}
}

// info is the declaration of a control of the kind.
func (k kind) info(id string) control.Info {
	i := control.Info{
		ID: id, State: k.state, Title: "Title of " + id, Severity: control.SeverityHigh, Resources: []string{k.resource},
		Effect: "Nobody notices what " + id + " does.", Impact: control.ImpactNone,
		Fails: control.Fails{
			When: "The settings are not as " + id + " wants them.", Custom: true,
			Rule: strings.ToLower(strings.ReplaceAll(id, ".", "-")),
		},
		Pattern: regexp.MustCompile(k.pattern), WholeAccount: k.resource == "AwsAccount",
	}
	for _, s := range k.settings {
		i.Actions = append(i.Actions, action(k.service, "Get"+s), action(k.service, "Put"+s))
	}
	return i
}

// action is what a call needs the right to.
func action(service, operation string) string { return strings.ToLower(service) + ":" + operation }

func stores() []control.Control {
	guarded := func(id string) control.Control {
		info := storeKind(StateBlock, "Block").info(id)
		return control.Of[guard]{Info: info, Read: readGuard, Want: closed, Write: writeGuard}.Control()
	}
	return []control.Control{
		guarded("Store.1"),
		guarded("Store.2"),
		guarded("Store.3"),
		Statement("Store.4", "OnlyTLS"),
	}
}

// Statement is a control that wants one more statement in the policy of a store.
// The policy is read and written as a whole, and nothing notices that somebody
// else does so too: only the lock keeps one such control from undoing another.
func Statement(id, name string) control.Control {
	return control.Of[Policy]{
		Info: storeKind("", "Policy").info(id), Read: readPolicy, Write: writePolicy,
		Want: func(now Policy, _ control.Env) (Policy, error) { return now.with(name), nil },
	}.Control()
}

func doors() []control.Control {
	return []control.Control{
		control.Of[doorRules]{
			Info: doorKind().info("Door.1"), Read: readDoor, Write: writeDoor,
			Want: func(doorRules, control.Env) (doorRules, error) { return doorRules{}, nil },
		}.Control(),
		control.Of[openRules]{
			Info:  doorKind().info("Door.2"),
			Read:  readOpen,
			Want:  noneOpen,
			Write: closeOpen,
		}.Control(),
	}
}

func passwordRules() []control.Control {
	rule := func(id string, params []control.Param, want func(Passwords, control.Params) Passwords) control.Control {
		info := accountKind("Account", "account.passwords", "Passwords").info(id)
		info.Params = params
		info.Lock = func(control.Env) []string { return []string{"passwords"} }
		return control.Of[passwords]{
			Info: info, Read: readPasswords, Write: writePasswords,
			Want: func(now passwords, env control.Env) (passwords, error) {
				p := withoutRules()
				if now.Rules != nil {
					p = *now.Rules
				}
				p = want(p, env.Params)
				return passwords{&p}, nil
			},
		}.Control()
	}
	return []control.Control{rule("Account.101", nil, long), rule("Account.102", strongParams(), strong)}
}

// posts is a control that makes a bell which rings somebody, and has it ask him first.
func posts() []control.Control {
	info := accountKind("Post", "", "Bell", "Line", "Subscriptions").info("Post.1")
	info.Params = []control.Param{{Name: "subscribe", Meaning: "Who is rung.", Default: ""}}
	info.OneWay = map[string]string{
		"Lines/*": "others may use it by then", "Subscriptions/*": "it ends with the link in each mail",
	}
	info.Waits = map[string]control.Wait{
		"Subscriptions/*": {For: "somebody to confirm the subscription of", Within: 48 * time.Hour},
	}
	return []control.Control{control.Of[post]{Info: info, Read: readPost, Want: ring, Write: writePost}.Control()}
}

// Instead gives a process the control in the place of Store.3, and of all others
// only those that are named. What it does not declare is as Store.3 declares it.
func Instead[S any](t *testing.T, p *Process, c control.Of[S], others ...string) *Process {
	t.Helper()
	if c.Pattern == nil {
		c.Info = Declared(t, "Store.3")
	}
	list := []control.Control{c.Control()}
	for _, id := range others {
		other, _ := Registry(t).Get(id)
		list = append(list, other)
	}
	p.Controls = RegistryOf(t, list...)
	return p
}

// Declared is the declaration of a control of the registry, with a state of its own.
func Declared(t *testing.T, id string) control.Info {
	t.Helper()
	c, known := Registry(t).Get(id)
	if !known {
		t.Fatalf("there is no control %s", id)
	}
	c.State = ""
	return c.Info
}
