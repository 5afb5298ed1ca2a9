package selftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/fault"
)

// Parameter is where a test writes down what it makes, in the sandbox, before it makes it: whoever finds it there knows
// what an earlier test has left, and that this and nothing else is to go.
const Parameter = "/selftest-of-salve/journal"

// Made is what of Salve a test makes, or has made, because it was missing.
type Made struct {
	Hub     bool     `json:"hub"`     // the stack, its bucket and the first configuration
	Actions []string `json:"actions"` // the custom actions that were not there before
	Member  bool     `json:"member"`  // the stack with the sandbox's roles
}

// Parts are its parts for people.
func (m Made) Parts() []string {
	parts := []string{}
	if m.Hub {
		parts = append(parts, "hub")
	}
	if m.Member {
		parts = append(parts, "member")
	}
	return parts
}

// Journal is what a test has begun.
type Journal struct {
	Version int    `json:"version"`
	Token   string `json:"token"` // of the run that goes on with it: an older one ends
	By      string `json:"by"`
	Began   string `json:"began"`
	Stamp   string `json:"stamp"` // in the names of its seeds
	// The first of the tests of which something is left, and the batches of what all of them ran.
	First   string   `json:"first"`
	Batches []string `json:"batches"`
	Made
}

// Diary keeps a journal in the sandbox.
type Diary interface {
	// Read is nil where there is none.
	Read(ctx context.Context) (*Journal, error)
	Write(ctx context.Context, j Journal) error
	Forget(ctx context.Context) error
}

// Notes is the diary of an account and Region: a parameter of Systems Manager, which costs nothing.
type Notes struct{ Client *ssm.Client }

// Read reads it.
func (n Notes) Read(ctx context.Context) (*Journal, error) {
	out, err := n.Client.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(Parameter)})
	var none *types.ParameterNotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for what a test has left: %w", err)
	}
	j := &Journal{}
	if err := json.Unmarshal([]byte(aws.ToString(out.Parameter.Value)), j); err != nil || j.Version != 1 {
		return nil, fault.New(fault.Refused, "the parameter %s is not as a test of this version writes it, so nobody knows "+
			"what is left: remove what is, with the version that wrote it or by hand, and then the parameter", Parameter)
	}
	return j, nil
}

// Write writes it, over what is there.
func (n Notes) Write(ctx context.Context, j Journal) error {
	text, err := json.Marshal(j)
	if err == nil {
		_, err = n.Client.PutParameter(ctx, &ssm.PutParameterInput{
			Name: aws.String(Parameter), Value: aws.String(string(text)), Type: types.ParameterTypeString,
			Overwrite: aws.Bool(true), Description: aws.String("What salve selftest makes here, and takes away"),
		})
	}
	if err != nil {
		return fmt.Errorf("write down what is made: %w", err)
	}
	return nil
}

// Forget removes it, when nothing is left.
func (n Notes) Forget(ctx context.Context) error {
	_, err := n.Client.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: aws.String(Parameter)})
	return gone(err)
}

// left is what may be there of a test that came no further, for people.
func (j Journal) left(d Deployment) []string {
	var all []string
	if j.Stamp != "" {
		all = append(all, "resources whose names begin with "+Prefix+j.Stamp)
	}
	if j.Member {
		all = append(all, "stack "+d.Hub.Place.MemberStack())
	}
	if j.Hub {
		all = append(all, "stack "+d.Hub.Place.HubStack(), "bucket "+d.Hub.Bucket.Name)
	}
	if len(j.Actions) > 0 {
		all = append(all, "custom actions "+strings.Join(j.Actions, ", "))
	}
	return append(all, "parameter "+Parameter+", which knows this")
}
