// Package enable switches on, for a whole organization, the services that produce findings: the administrator that
// they are delegated to, new accounts, the accounts that are there, and what each service looks at.
//
// What has to be so is a list of steps for each service and Region. A step looks at AWS, says what is and what would
// be, and makes it so. Nothing is remembered: a plan is a look at every step, a run looks again before it does
// anything, and so does the run after one that was killed.
package enable

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Service is one that an organization switches on. Another service is a file with one of these, and its line in
// Services.
type Service interface {
	// Name is what the configuration calls it: "guardduty".
	Name() string
	// Policy is the type of the policies of AWS Organizations that switch it on, which then decide; "" where there is
	// none.
	Policy() string
	// Steps are what has to be so in a Region, in the order in which it can be done.
	Steps(e Env) []Step
	// Accounts says what is on in each account of the Region, as far as the administrator can see.
	Accounts(ctx context.Context, e Env) ([]AccountState, error)
}

// Services are all that can be switched on, in the order in which they are.
func Services() []Service {
	return []Service{
		securityHub{}, guardDuty{}, inspector{}, macie{}, investigator{}, accessAnalyzer{}, config{},
	}
}

// Opener opens an account of AWS in a Region. It fails with a sentence that says how to let Salve in.
type Opener interface {
	As(account, region string) (aws.Config, error)
}

// Env is where steps are done and what is wanted there.
type Env struct {
	Organization Organization
	Wish         Wish
	Region       string
	Regions      []string // that the run is about
	Open         Opener
	Seen         *Seen // of all Regions that are asked with it; nil remembers nothing
}

// Seen is what was read that is the same in all Regions, so that it is read once.
type Seen struct {
	policies map[string][]string // that hold in each account, by central configuration
}

// Home tells whether the Region is the one where findings come together.
func (e Env) Home() bool { return e.Region == e.Wish.Home }

// management and administrator are the two accounts that services are switched on from.
func (e Env) management() (aws.Config, error) { return e.Open.As(e.Organization.Management, e.Region) }

func (e Env) administrator() (aws.Config, error) {
	return e.Open.As(e.Wish.Administrator, e.Region)
}

// opened is a client of a service in an account that is opened first.
func opened[C, O any](
	open func() (aws.Config, error), client func(aws.Config, ...func(*O)) *C,
) (*C, error) {
	cfg, err := open()
	if err != nil {
		return nil, err
	}
	return client(cfg), nil
}

// Step is one thing that has to be so for a service in a Region.
type Step struct {
	Name string // "delegated administrator"
	Want string // what would be so: "111111111111"
	// Look reads what is. It writes nothing.
	Look func(ctx context.Context) (Reading, error)
	// Price is what AWS bills for once it is done, where that is known without a look.
	Price string
	// ByPolicy steps are left alone where a policy of AWS Organizations switches the service on.
	ByPolicy bool
	// Optional steps may fail without those after them being left undone.
	Optional bool
}

// Reading is what a step found.
type Reading struct {
	Right bool   // nothing is to be done
	Is    string // what is, for a person: "none", "222222222222"
	Price string // what AWS bills for once it is done
	// Set makes it so. It may be called again after it was done or half done.
	Set func(ctx context.Context) error
	// Back takes it back; nil where Salve leaves it as it is, for the reason in Stays.
	Back  func(ctx context.Context) error
	Stays string
	// Held looks for what of others depends on it, before it is taken back; nil where nothing can.
	Held holding
	// Left says why Salve keeps its hands off; a step that is left counts as right.
	Left string
}

// ensure makes a step so that another one relies on, unless it is.
func (s Step) ensure(ctx context.Context) error {
	is, err := s.Look(ctx)
	if err != nil || is.Right {
		return err
	}
	return is.Set(ctx)
}

// AccountState is what a service does in one account and Region.
type AccountState struct {
	Account string   `json:"account"`
	State   string   `json:"state"` // "Enabled", "Removed", "not enrolled": the service's own word
	On      []string `json:"on"`    // plans, scan types or standards that are on
}

// State is how it stands with a step.
type State string

// The states. The set is closed.
const (
	Right       State = "right"       // nothing to do
	Left        State = "left alone"  // decided by somebody else, on purpose
	Missing     State = "to do"       // would be done, or taken back
	Later       State = "then"        // can be seen only when the steps before are done
	Done        State = "done"        // done in this run, and read again
	Back        State = "taken back"  // in this run
	Blocked     State = "blocked"     // cannot be done until a person changes something
	Failed      State = "failed"      // AWS did not do it
	Unsupported State = "unsupported" // the service is not in this Region
	Untried     State = "not tried"   // something before it failed, or the run was stopped
)

// SomeAccounts is the account of a row about those that a service did not take; a row each follows.
const SomeAccounts = "some"

// Row is one line of what was found or done.
type Row struct {
	Service string `json:"service"`
	Region  string `json:"region"`
	Account string `json:"account,omitempty"` // where it is about one
	Step    string `json:"step"`
	State   State  `json:"state"`
	Is      string `json:"is,omitempty"`
	Want    string `json:"want,omitempty"`
	Detail  string `json:"detail,omitempty"` // why, and what to do
	Price   string `json:"price,omitempty"`
}

// Open tells whether the row needs somebody: to let Salve do it, or to do it.
func (r Row) Open() bool {
	switch r.State {
	case Right, Left, Done, Back, Unsupported:
		return false
	case Missing, Later, Blocked, Failed, Untried:
		return true
	}
	return true
}

// priced gives steps a price that a plan can tell before it can look.
func priced(price string, steps ...Step) []Step {
	for i := range steps {
		steps[i].Price = price
	}
	return steps
}
