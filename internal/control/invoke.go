package control

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
)

// InvokeFunction is what AWS asks of whoever has another service call a function: the function's code runs, as the
// function's role. It is only ever granted for functions that are named.
const InvokeFunction = "lambda:InvokeFunction"

// Invokes tells that the write has a service call functions.
func (i Info) Invokes() bool { return slices.Contains(i.Actions, InvokeFunction) }

// functionName is that of a function itself: IAM tells the tags of no version and of no alias.
var functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// MayInvoke refuses functions that no session could be limited to, and what the member's role is denied: that of
// another account or Region, a version, Salve's own.
func MayInvoke(t Target, function string) error {
	name, ours := strings.CutPrefix(function, t.ARN("lambda", "function:"))
	switch {
	case !ours:
		return fault.New(fault.Refused, "name a function of account %s in Region %s: Salve has no other called, such as %q",
			t.Account, t.Region, function)
	case !functionName.MatchString(name):
		return fault.New(fault.Refused, "name a function itself, by an ARN without version or alias, not %q: rights to call "+
			"it go by its tags, which those have not", function)
	case strings.HasPrefix(name, "salve-"):
		return fault.New(fault.Refused, "name another function than %s: it is Salve's own", function)
	}
	return nil
}

// invoking are the functions that the session which writes the plan may have called.
func (c Control) invoking(env Env, p Plan) ([]string, error) {
	if !c.Invokes() {
		return nil, nil
	}
	functions, err := c.state.invoking(env, look{p.from, p.facts}, look{p.to, p.facts})
	if err != nil {
		return nil, err
	}
	functions = slices.Compact(slices.Sorted(slices.Values(functions)))
	for _, function := range functions {
		if err := MayInvoke(env.Target, function); err != nil {
			return nil, err
		}
	}
	return functions, nil
}

func (t typed[S]) invoking(env Env, from, to look) ([]string, error) {
	a, b, env, err := t.sides(env, from, to)
	if err != nil {
		return nil, err
	}
	return t.of.Invoked(env, a, b), nil
}

// invokes finds a declaration of one half.
func (t typed[S]) invokes() error {
	if t.of.Invokes() != (t.of.Invoked != nil) {
		return fmt.Errorf("control %q needs both %s among Actions and Invoked, or none of them", t.of.ID, InvokeFunction)
	}
	return nil
}
