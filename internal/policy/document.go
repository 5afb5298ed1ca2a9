// Package policy writes the IAM policies that follow from what controls declare: the permissions of the
// member role, and the session policy that narrows each run to its control and its resource.
package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Any is the resource of a statement that is limited by its actions and conditions alone.
const Any = "*"

// Texts is a list that IAM also takes as a single text, which is shorter.
type Texts []string

// MarshalJSON renders a list of one as its text.
func (t Texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return marshal(t[0])
	}
	return marshal([]string(t))
}

// Statement is one statement of an identity policy.
type Statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Action    Texts
	Resource  Texts
	Condition map[string]map[string]string `json:",omitempty"`
}

// Document is a policy.
type Document struct {
	Version   string
	Statement []Statement
}

// NewDocument returns a policy of the statements.
func NewDocument(statements []Statement) Document {
	return Document{Version: "2012-10-17", Statement: statements}
}

// JSON renders the policy without blanks: what counts against IAM's limits. Equal policies render equally.
func (d Document) JSON() (string, error) {
	b, err := marshal(d)
	if err != nil {
		return "", fmt.Errorf("render policy: %w", err)
	}
	return string(b), nil
}

// marshal leaves < > & as they are: escaped, each would cost six characters of a limit.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// An action with a wildcard would grant what no control declared.
var oneAction = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)

// sorted returns the distinct actions in order, or an error that names the one that is none.
func sorted(actions []string) ([]string, error) {
	if len(actions) == 0 {
		return nil, fmt.Errorf("no actions: a policy needs at least one")
	}
	for _, a := range actions {
		if !oneAction.MatchString(a) {
			return nil, fmt.Errorf("action %q: write service:Operation, without wildcards", a)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(actions))), nil
}

// service is what stands before the colon of an action.
func service(action string) string {
	before, _, _ := strings.Cut(action, ":")
	return before
}
