// Package eventbridge holds the playbooks for Amazon EventBridge.
package eventbridge

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
)

// own is the statement that lets the account put events, which it may already.
const own = "OwnAccount"

// BusPolicy returns the control that gives a bus a policy where it has none.
func BusPolicy() []control.Control {
	return []control.Control{kind.Setting[string]{
		Name: "Statements", Get: statements, Set: setStatements,
		Want: func(now string, _ control.Env) (string, error) {
			if now == "" {
				return own, nil
			}
			return now, nil
		},
	}.Control(control.Info{
		ID: "EventBridge.3",
		Effect: "The bus has a policy with one statement: principals of its own account may put events, as far as their " +
			"own policies say so. Nobody may more or less than before; other accounts need a statement of theirs.",
		Fails: control.Fails{
			When:   "The bus is not the default one and has no policy. Whom a policy lets in does not matter.",
			Rule:   "custom-eventbus-policy-attached",
			Custom: true,
		},
		Impact: control.ImpactNone,
		// The default bus does not count.
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/([A-Za-z0-9._/-]{1,256})$`),
		Actions:     []string{"events:DescribeEventBus", "events:PutPermission"},
		UndoActions: []string{"events:RemovePermission"},
	})}
}

// statements are the names of the policy's statements, "" for no policy. The default bus says that it has one: AWS does
// not look at it.
func statements(ctx context.Context, env control.Env) (string, error) {
	out, err := eventbridge.NewFromConfig(env.Config).DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{
		Name: &env.Name,
	})
	switch {
	case err != nil:
		return "", err
	case env.Name == "default":
		return "of the default bus", nil
	case aws.ToString(out.Policy) == "":
		return "", nil
	}
	document, err := policydoc.Read(*out.Policy)
	if err != nil {
		return "", fmt.Errorf("policy of the bus %s: %w", env.Name, err)
	}
	all, err := document.Statements()
	if err != nil {
		return "", fmt.Errorf("policy of the bus %s: %w", env.Name, err)
	}
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = cmp.Or(s.Sid, "without a name")
	}
	slices.Sort(names)
	return strings.Join(names, ", "), nil
}

// setStatements looks again first: a policy that came meanwhile is one.
func setStatements(ctx context.Context, env control.Env, to string) error {
	if now, err := statements(ctx, env); err != nil || now == to {
		return err
	}
	client := eventbridge.NewFromConfig(env.Config)
	if to == "" {
		_, err := client.RemovePermission(ctx, &eventbridge.RemovePermissionInput{
			EventBusName: &env.Name, StatementId: aws.String(own),
		})
		return err
	}
	_, err := client.PutPermission(ctx, &eventbridge.PutPermissionInput{
		EventBusName: &env.Name, StatementId: aws.String(own), Action: aws.String("events:PutEvents"),
		Principal: &env.Target.Account,
	})
	return err
}
