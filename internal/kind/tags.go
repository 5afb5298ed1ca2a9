package kind

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The parameters of tags.
const (
	paramRequired = "requiredTagKeys" // AWS's name
	paramTags     = "tags"
)

// What the parameters take, compiled once for all resources.
var (
	keyForm = regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]{1,128}$`)
	tagForm = regexp.MustCompile(`^[A-Za-z0-9 _.:/+@-]{1,128}=[A-Za-z0-9 _.:/=+@-]{1,256}$`)
)

// Tags are those of a resource, which gets the ones that people name for it. What they mean is not ours to say: where
// nobody named any, the control refuses.
type Tags struct {
	// What is the resource in a sentence: "table".
	What string
	// List reads all tags of the resource, AWS's own with them.
	List func(ctx context.Context, env control.Env) (map[string]string, error)
	// Add gives it tags, and leaves those that it does not name.
	Add func(ctx context.Context, env control.Env, tags map[string]string) error
	// Remove takes tags away, by their keys.
	Remove func(ctx context.Context, env control.Env, keys []string) error
}

// labels are the tags of a resource. Those that are keys alone count, and nothing here writes them.
type labels struct {
	Tags      map[string]string
	Valueless []string `salve:"fact"`
}

// has tells that there is a tag with the key.
func (l labels) has(key string) bool { return l.Tags[key] != "" || slices.Contains(l.Valueless, key) }

// lack tells that AWS fails the control.
func (l labels) lack(required []string) bool {
	return len(l.Tags)+len(l.Valueless) == 0 ||
		slices.ContainsFunc(required, func(key string) bool { return !l.has(key) })
}

// Control returns the tags as a control. Its texts, parameters and impact are those of all tags.
func (k Tags) Control(info control.Info) control.Control {
	if k.What == "" || k.List == nil || k.Add == nil || k.Remove == nil {
		return control.Control{Info: info}
	}
	info.Effect = "The " + k.What + " has the tags that are named for it, beside those that it has. What goes by tags, " +
		"such as rights and bills, includes it from then on."
	info.Fails.Custom, info.Impact = true, control.ImpactNone
	info.Fails.When = "The " + k.What + " has no tag at all, or lacks one of the keys that are required. AWS's own " +
		"tags, whose keys begin with aws:, do not count."
	info.Params = append(info.Params, control.Param{
		Name: paramRequired, Default: []string{}, Form: "a key of a tag",
		Pattern: keyForm,
		Meaning: "Keys of tags that it must have, as Security Hub is told. None: any tag will do.",
	}, control.Param{
		Name: paramTags, Default: []string{}, Form: "KEY=VALUE",
		Pattern: tagForm,
		Meaning: "Tags to give, each with its value; one that is there keeps its own. Salve invents none.",
	})
	return control.Of[labels]{Info: info, Read: k.read, Want: wantTags, Write: k.write}.Control()
}

// read leaves AWS's own out.
func (k Tags) read(ctx context.Context, env control.Env) (labels, error) {
	all, err := k.List(ctx, env)
	if err != nil {
		return labels{}, err
	}
	now := labels{Tags: map[string]string{}}
	for key, value := range all {
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

func wantTags(now labels, env control.Env) (labels, error) {
	required := env.Params.Texts(paramRequired)
	if !now.lack(required) {
		return now, nil
	}
	to := labels{maps.Clone(now.Tags), now.Valueless}
	if to.Tags == nil {
		to.Tags = map[string]string{}
	}
	for _, tag := range env.Params.Texts(paramTags) {
		key, value, _ := strings.Cut(tag, "=")
		if !to.has(key) && (len(required) == 0 || slices.Contains(required, key)) {
			to.Tags[key] = value
		}
	}
	if to.lack(required) {
		return now, fault.New(fault.Refused, "name tags with their values in the parameter %s, one for each required key: "+
			"tags without a meaning would help nobody", paramTags)
	}
	return to, nil
}

func (k Tags) write(ctx context.Context, env control.Env, from, to labels) error {
	set, gone := map[string]string{}, []string(nil)
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
		if err := k.Add(ctx, env, set); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	return k.Remove(ctx, env, gone)
}
