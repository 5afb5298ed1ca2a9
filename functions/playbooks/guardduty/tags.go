package guardduty

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/guardduty"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// Tags returns the controls that give filters and detectors the tags that people name.
func Tags() []control.Control {
	const region = `arn:aws[a-z-]*:guardduty:[a-z0-9-]+:\d{12}:detector/[0-9a-f]{32}`
	return []control.Control{
		tagged("GuardDuty.2", "filter", "tagged-guardduty-filter", region+`/filter/[A-Za-z0-9._-]{3,64}`),
		tagged("GuardDuty.4", "detector", "tagged-guardduty-detector", region),
	}
}

func tagged(id, what, rule, pattern string) control.Control {
	return kind.Tags{
		What: what,
		List: func(ctx context.Context, env control.Env) (map[string]string, error) {
			out, err := guardduty.NewFromConfig(env.Config).ListTagsForResource(ctx, &guardduty.ListTagsForResourceInput{
				ResourceArn: &env.Name,
			})
			if err != nil {
				return nil, err
			}
			return out.Tags, nil
		},
		Add: func(ctx context.Context, env control.Env, tags map[string]string) error {
			_, err := guardduty.NewFromConfig(env.Config).TagResource(ctx, &guardduty.TagResourceInput{
				ResourceArn: &env.Name, Tags: tags,
			})
			return err
		},
		Remove: func(ctx context.Context, env control.Env, keys []string) error {
			_, err := guardduty.NewFromConfig(env.Config).UntagResource(ctx, &guardduty.UntagResourceInput{
				ResourceArn: &env.Name, TagKeys: keys,
			})
			return err
		},
	}.Control(control.Info{
		ID: id, Fails: control.Fails{Rule: rule},
		Pattern:     regexp.MustCompile(`^(` + pattern + `)$`), // the calls take the ARN
		Actions:     []string{"guardduty:ListTagsForResource", "guardduty:TagResource"},
		UndoActions: []string{"guardduty:UntagResource"},
	})
}
