package playbooktest

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
)

// giving watches what roles a write gives away. Emulators do not ask for iam:PassRole, so the suite does: each must be
// among what the control says by Passed, and a session with that right must fit into what STS takes.
func (c *scene) giving(env *control.Env, passes control.Passed) {
	c.t.Helper()
	// A resource that is not the control's has no session: that it is refused is another case.
	if narrow, err := c.Control.Limits(env.Target, env.Params); err == nil && len(passes.Roles) > 0 {
		if _, err := policy.SessionOf(control.SessionRequest{
			Target: env.Target, Actions: c.undoActions(), Narrow: narrow, Passes: passes,
		}); err != nil {
			c.t.Errorf("the session of the write: %v", err)
		}
	}
	watch := middleware.InitializeMiddlewareFunc("RolesGiven", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		for _, role := range rolesIn(in.Parameters) {
			if !slices.Contains(passes.Roles, role) {
				c.t.Errorf("%s gives %s away, which Passed does not say: %v",
					middleware.GetOperationName(ctx), role, passes.Roles)
			}
		}
		return next.HandleInitialize(ctx, in)
	})
	env.Config = env.Config.Copy()
	env.Config.APIOptions = append(slices.Clone(env.Config.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(watch, middleware.Before)
	})
}

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/`)

// rolesIn are the ARNs of roles in members of a request that are called after one: roleArn, executionRoleArn.
func rolesIn(parameters any) []string {
	text, err := json.Marshal(parameters)
	if err != nil {
		return nil // a stream, which is no setting
	}
	var tree any
	if json.Unmarshal(text, &tree) != nil {
		return nil
	}
	var out []string
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(strings.ToLower(key), "role") && roleARN.MatchString(v) {
				out = append(out, v)
			}
		case []any:
			for _, item := range v {
				walk(key, item)
			}
		case map[string]any:
			for name, item := range v {
				walk(name, item)
			}
		}
	}
	walk("", tree)
	return out
}
