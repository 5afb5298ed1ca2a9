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

// labelled are the tags of a resource. Those that are keys alone count, and nothing here writes them.
type labelled struct {
	Tags      map[string]string
	Valueless []string `salve:"fact"`
}

// has tells that there is a tag with the key.
func (l labelled) has(key string) bool { return l.Tags[key] != "" || slices.Contains(l.Valueless, key) }

// lacks tells that AWS fails the control.
func (l labelled) lacks(required []string) bool {
	return len(l.Tags)+len(l.Valueless) == 0 ||
		slices.ContainsFunc(required, func(key string) bool { return !l.has(key) })
}

// Tags returns the controls that give filters and detectors the tags that people name.
func Tags() []control.Control {
	const region = `arn:aws[a-z-]*:guardduty:[a-z0-9-]+:\d{12}:detector/[0-9a-f]{32}`
	return []control.Control{
		tagged("GuardDuty.2", "filter", "tagged-guardduty-filter", region+`/filter/[A-Za-z0-9._-]{3,64}`),
		tagged("GuardDuty.4", "detector", "tagged-guardduty-detector", region),
	}
}

func tagged(id, what, rule, pattern string) control.Control {
	return control.Of[labelled]{
		Info: control.Info{
			ID: id,
			Effect: "The " + what + " has the tags that are named for it, beside those that it has. What goes by tags, such " +
				"as rights and bills, includes it from then on.",
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
func readTags(ctx context.Context, env control.Env) (labelled, error) {
	out, err := guardduty.NewFromConfig(env.Config).ListTagsForResource(ctx, &guardduty.ListTagsForResourceInput{
		ResourceArn: &env.Name,
	})
	if err != nil {
		return labelled{}, err
	}
	now := labelled{Tags: map[string]string{}}
	for key, value := range out.Tags {
		switch {
		case strings.HasPrefix(key, "aws:"):
		case value == "":
			now.Valueless = append(now.Valueless, key)
		default:
			now.Tags[key] = value
		}
	}
	slices.Sort(now.Valueless)
	return now, nil
}

func wantTags(now labelled, env control.Env) (labelled, error) {
	required := env.Params.Texts(paramRequired)
	if !now.lacks(required) {
		return now, nil
	}
	to := labelled{map[string]string{}, now.Valueless}
	maps.Copy(to.Tags, now.Tags)
	for _, tag := range env.Params.Texts(paramTags) {
		key, value, _ := strings.Cut(tag, "=")
		if !to.has(key) && (len(required) == 0 || slices.Contains(required, key)) {
			to.Tags[key] = value
		}
	}
	if to.lacks(required) {
		return now, fault.New(fault.Refused, "name tags with their values in the parameter %s, one for each required key: "+
			"tags without a meaning would help nobody", paramTags)
	}
	return to, nil
}

func writeTags(ctx context.Context, env control.Env, from, to labelled) error {
	client, set, gone := guardduty.NewFromConfig(env.Config), map[string]string{}, []string(nil)
	for key, value := range to.Tags {
		if from.Tags[key] != value {
			set[key] = value
		}
	}
	for key := range from.Tags {
		if _, stays := to.Tags[key]; !stays {
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
