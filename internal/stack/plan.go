package stack

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// Action is what is to be done with a stack.
type Action string

// The actions.
const (
	Nothing Action = "nothing"
	Create  Action = "create"
	Update  Action = "update"
)

// Change is what happens to a resource of the stack.
type Change struct {
	Action      string `json:"action"` // add, modify, remove, import or dynamic
	Resource    string `json:"resource"`
	Type        string `json:"type"`
	Replacement string `json:"replacement,omitempty"` // true, false or conditional, of one that is modified
}

// Difference is a parameter that gets another value. Of secret ones only that is said.
type Difference struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// hidden stands for the value of a secret parameter, as CloudFormation writes it.
const hidden = "****"

// Plan is what would become of a stack.
type Plan struct {
	Action     Action
	Found      string // what a run comes upon, where that is not what it hopes for
	Parameters []Difference
	Changes    []Change
	Unknown    string // why the changes are not known
}

// Plan says what would become of the stack, and changes nothing of it: the change set that says so is deleted.
func (d Driver) Plan(ctx context.Context, w Wish) (Plan, error) {
	s, err := d.Look(ctx, w.Name)
	if err != nil {
		return Plan{}, err
	}
	known, err := w.Template.shape()
	if err == nil {
		err = w.wanted(known.Parameters)
	}
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Action: Update, Found: s.found(), Parameters: w.differences(s, known)}
	switch conditionOf(s.Status) {
	case absent, unborn, stillborn:
		p.Action, p.Parameters, p.Changes = Create, w.differences(State{}, known), known.all()
		return p, nil
	case broken:
		return Plan{}, d.mend(ctx, s)
	case busy, stuck:
		p.Unknown = "which resources change is said when that has ended"
		return p, nil
	case ready:
	}
	set, err := d.propose(ctx, w, s)
	var later Later
	if errors.As(err, &later) {
		p.Unknown = later.Why
		return p, nil
	}
	if err != nil {
		return Plan{}, err
	}
	if err := d.discard(ctx, set); err != nil {
		return Plan{}, err
	}
	p.Changes = set.changes
	if set.empty {
		p.Action, p.Parameters = Nothing, nil
	}
	return p, nil
}

// all are the resources of a template, as far as no condition leaves them out.
func (s shape) all() []Change {
	var out []Change
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		c := Change{Action: "add", Resource: id, Type: s.Resources[id].Type}
		if s.Resources[id].Condition != "" {
			c.Action = "add where wished"
		}
		out = append(out, c)
	}
	return out
}

// differences are the parameters that are given and differ from what the stack has.
func (w Wish) differences(s State, known shape) []Difference {
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(w.Parameters)) {
		from, to := s.Parameters[name], w.Parameters[name]
		if _, there := s.Parameters[name]; !there && s.Exists() {
			from = aws.ToString(known.Parameters[name].Default)
		}
		if known.Parameters[name].NoEcho { // whether it differs nobody can tell
			if to != "" {
				out = append(out, Difference{Name: name, From: from, To: hidden})
			}
			continue
		}
		if from != to {
			out = append(out, Difference{Name: name, From: from, To: to})
		}
	}
	return out
}

// fingerprint names what is wished: two people who wish the same get the same.
func (w Wish) fingerprint() string {
	parameters, _ := json.Marshal(w.Parameters) // texts always can be
	sum := sha256.Sum256([]byte(w.Name + "\x00" + w.Template.Text + "\x00" + string(parameters)))
	const enough = 8
	return "salve-" + hex.EncodeToString(sum[:enough])
}

// Masked tells whether a value is one that CloudFormation does not show.
func Masked(value string) bool { return value != "" && strings.Trim(value, "*") == "" }

// Same tells whether the stack has the values that are given already, as far as CloudFormation shows them, and the same
// template.
func (d Driver) Same(ctx context.Context, w Wish, s State) (bool, error) {
	for name, value := range w.Parameters {
		if has, ok := s.Parameters[name]; !ok || has != value && !Masked(has) {
			return false, nil
		}
	}
	has, err := d.Template(ctx, s.Name)
	return has.Text == w.Template.Text, err
}

// Template is the one that the stack has; a wish for it changes parameters only.
func (d Driver) Template(ctx context.Context, name string) (Template, error) {
	out, err := d.API.GetTemplate(ctx, &cfn.GetTemplateInput{
		StackName: &name, TemplateStage: types.TemplateStageOriginal,
	})
	if err != nil {
		return Template{}, fmt.Errorf("read the template of stack %s: %w", name, err)
	}
	return Template{Text: aws.ToString(out.TemplateBody), kept: true}, nil
}

// busyWith refuses to touch a stack that somebody else works on. It is fine where that is the same work.
func (d Driver) busyWith(ctx context.Context, w Wish, s State) error {
	token, began, err := d.underWay(ctx, s)
	if err != nil || strings.HasPrefix(token, w.fingerprint()) {
		return err
	}
	return fault.New(fault.Refused, "somebody else's operation on stack %s is under way (%s, since %s, token %s): "+
		"nothing was changed; run this again when it has ended", s.Name, s.Status, began.UTC().Format("15:04:05 MST"),
		cmp.Or(token, "none"))
}
