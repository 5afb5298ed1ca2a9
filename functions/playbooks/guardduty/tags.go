package guardduty

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/guardduty"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The parameters of tags.
const (
	paramRequired = "requiredTagKeys" // AWS's name
	paramTags     = "tags"
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
	return control.Of[map[string]string]{
		Info: control.Info{
			ID: id,
			Effect: "The " + what + " has the tags that are named for it, beside those that it has. What goes by tags, such as " +
				"rights and bills, includes it from then on.",
			Fails: control.Fails{
				When: "The " + what + " has no tag at all, or lacks one of the keys that are required. AWS's own tags, whose " +
					"keys begin with aws:, do not count.",
				Rule: rule, Custom: true,
			},
			Impact:  control.ImpactNone,
			Pattern: regexp.MustCompile(`^(` + pattern + `)$`), // the calls take the ARN
			Params: []control.Param{{
				Name: paramRequired, Default: []string{}, Form: "a key of a tag",
				Pattern: regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]{1,128}$`),
				Meaning: "Keys of tags that it must have, as Security Hub is told. None: any tag will do.",
			}, {
				Name: paramTags, Default: []string{}, Form: "KEY=VALUE",
				Pattern: regexp.MustCompile(`^[A-Za-z0-9 _.:/+@-]{1,128}=[A-Za-z0-9 _.:/=+@-]{1,256}$`),
				Meaning: "Tags to give, each with its value; one that is there keeps its own. Salve invents none.",
			}},
			Actions:     []string{"guardduty:ListTagsForResource", "guardduty:TagResource"},
			UndoActions: []string{"guardduty:UntagResource"},
		},
		Read: readTags, Want: wantTags, Write: writeTags,
	}.Control()
}

// readTags leaves AWS's own out.
func readTags(ctx context.Context, env control.Env) (map[string]string, error) {
	out, err := guardduty.NewFromConfig(env.Config).ListTagsForResource(ctx, &guardduty.ListTagsForResourceInput{
		ResourceArn: &env.Name,
	})
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(out.Tags, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
	return out.Tags, nil
}

func wantTags(now map[string]string, env control.Env) (map[string]string, error) {
	required, to := env.Params.Texts(paramRequired), maps.Clone(now)
	lacks := func(tags map[string]string) bool {
		return len(tags) == 0 || slices.ContainsFunc(required, func(key string) bool { _, has := tags[key]; return !has })
	}
	if !lacks(now) {
		return now, nil
	}
	if to == nil {
		to = map[string]string{}
	}
	for _, tag := range env.Params.Texts(paramTags) {
		key, value, _ := strings.Cut(tag, "=")
		if _, has := to[key]; !has && (len(required) == 0 || slices.Contains(required, key)) {
			to[key] = value
		}
	}
	if lacks(to) {
		return now, fault.New(fault.Refused, "name tags with their values in the parameter %s, one for each required key: tags "+
			"without a meaning would help nobody", paramTags)
	}
	return to, nil
}

func writeTags(ctx context.Context, env control.Env, from, to map[string]string) error {
	client, set, gone := guardduty.NewFromConfig(env.Config), map[string]string{}, []string(nil)
	for key, value := range to {
		if from[key] != value {
			set[key] = value
		}
	}
	for key := range from {
		if _, stays := to[key]; !stays {
			gone = append(gone, key)
		}
	}
	if len(set) > 0 {
		if _, err := client.TagResource(ctx, &guardduty.TagResourceInput{ResourceArn: &env.Name, Tags: set}); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	_, err := client.UntagResource(ctx, &guardduty.UntagResourceInput{ResourceArn: &env.Name, TagKeys: gone})
	return err
}
