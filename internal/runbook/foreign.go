package runbook

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// found is a document that is not Salve's, as it is now.
type found struct {
	name    string
	version string // a number
	content content
}

// content is what a document says.
type content struct {
	hash       string
	AssumeRole string               `yaml:"assumeRole"`
	Parameters map[string]parameter `yaml:"parameters"`
}

// parameter is one that a document takes.
type parameter struct {
	Type           string `yaml:"type"`
	Default        any    `yaml:"default"`
	AllowedPattern string `yaml:"allowedPattern"`
	AllowedValues  []any  `yaml:"allowedValues"`
}

// amazon is how AWS calls itself as the owner of a document.
const amazon = "Amazon"

// find looks for the mapping's document in the default version, and refuses one that is not whose it should be, or not
// the one that somebody has looked at.
func (w mapped) find(ctx context.Context, env control.Env) (found, error) {
	name, err := w.At(env.Target)
	if err != nil {
		return found{}, fault.New(fault.Refused, "%w", err)
	}
	seen, err := Look(ctx, env, name)
	if err != nil {
		return found{}, err
	}
	if owner := ownerOf(name, env.Target); seen.Owner != owner {
		return found{}, fault.New(fault.Refused, "runbook %s belongs to %s and not to %s: it is not started", name,
			seen.Owner, owner)
	}
	if w.WhenChanged != control.WhenChangedRun && seen.Hash != w.Content {
		return found{}, fault.New(fault.Refused, "runbook %s has changed since somebody looked at it (version %s): read it"+
			" by salve runbooks show %s --account %s --region %s, and write its hash into the configuration",
			name, seen.Version, name, env.Target.Account, env.Target.Region)
	}
	said, err := read(seen.Content)
	if err != nil {
		return found{}, fault.New(fault.Refused, "runbook %s cannot be read: %w", name, err)
	}
	said.hash = seen.Hash
	return found{name: name, version: seen.Version, content: said}, nil
}

// ownerOf is whose the document should be.
func ownerOf(name string, t control.Target) string {
	switch account, _, shared := strings.Cut(name, ":document/"); {
	case shared:
		return account[strings.LastIndex(account, ":")+1:]
	case amazons(name):
		return amazon
	}
	return t.Account
}

// Seen is a document as it stands in an account and Region.
type Seen struct {
	Name    string `json:"document"`
	Owner   string `json:"owner"`        // an account, or Amazon
	Version string `json:"version"`      // the default one
	Hash    string `json:"content_hash"` // hex SHA-256 of what it says, whatever its layout
	Content string `json:"content"`
}

// Look reads the default version of a document. One that is not there, or is no runbook, is refused.
// Source: Systems Manager API reference, DescribeDocument and GetDocument.
func Look(ctx context.Context, env control.Env, name string) (Seen, error) {
	client := ssm.NewFromConfig(env.Config)
	out, err := client.DescribeDocument(ctx, &ssm.DescribeDocumentInput{Name: &name}) // the default version
	switch {
	case fault.Unpublished(err):
		return Seen{}, fault.New(fault.Refused, "there is no runbook %s for account %s in Region %s", name,
			env.Target.Account, env.Target.Region)
	case err != nil:
		return Seen{}, fmt.Errorf("look for runbook %s: %w", name, err)
	case out.Document == nil || aws.ToString(out.Document.DefaultVersion) == "":
		return Seen{}, fault.New(fault.Invalid, "DescribeDocument answered without the default version of %s", name)
	case out.Document.DocumentType != types.DocumentTypeAutomation:
		return Seen{}, fault.New(fault.Refused, "document %s is no runbook of SSM Automation", name)
	}
	doc, err := client.GetDocument(ctx, &ssm.GetDocumentInput{
		Name: &name, DocumentVersion: out.Document.DefaultVersion, DocumentFormat: out.Document.DocumentFormat,
	})
	if err != nil {
		return Seen{}, fmt.Errorf("read runbook %s: %w", name, err)
	}
	content := aws.ToString(doc.Content)
	if content == "" {
		return Seen{}, fault.New(fault.Invalid, "GetDocument answered without the content of %s", name)
	}
	return Seen{
		Name: name, Owner: aws.ToString(out.Document.Owner), Version: aws.ToString(out.Document.DefaultVersion),
		Hash: hashOf(content), Content: content,
	}, nil
}

func read(text string) (content, error) {
	var c content
	if err := readAlike(text, &c); err != nil {
		return c, fmt.Errorf("read its parameters: %w", err)
	}
	return c, nil
}

var rolePlace = regexp.MustCompile(`^\{\{\s*([A-Za-z0-9]+)\s*\}\}$`)

// takes puts the role into the parameters and refuses what the document would not take: AWS refuses it too, but only
// at the start, and starts what names no role as whoever asks.
func (f found) takes(given map[string][]string, role string) error {
	switch place := rolePlace.FindStringSubmatch(strings.TrimSpace(f.content.AssumeRole)); {
	case place != nil && given[place[1]] == nil:
		given[place[1]] = []string{role}
	case place != nil:
		return f.refuse("takes its role as parameter %s, which the configuration must not give", place[1])
	case f.content.AssumeRole == "":
		return f.refuse("has no assumeRole: it would run with the rights of Salve")
	case f.content.AssumeRole != role:
		return f.refuse("runs as %s, and may only run as %s", f.content.AssumeRole, role)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, known := f.content.Parameters[name]
		if !known {
			return f.refuse("has no parameter %s", name)
		}
		if err := f.fits(name, p, given[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.content.Parameters)) {
		if f.content.Parameters[name].Default == nil && given[name] == nil {
			return f.refuse("needs parameter %s, which the configuration does not give", name)
		}
	}
	return nil
}

// fits holds values against what the document says of its parameter. A pattern that Go cannot read is left to AWS.
func (f found) fits(name string, p parameter, values []string) error {
	if len(values) > 1 && !strings.Contains(p.Type, "List") {
		return f.refuse("takes one value of parameter %s, not %d", name, len(values))
	}
	for _, value := range values {
		allowed := slices.ContainsFunc(p.AllowedValues, func(a any) bool { return fmt.Sprint(a) == value })
		if len(p.AllowedValues) > 0 && !allowed {
			return f.refuse("does not take %q as parameter %s: only %v", value, name, p.AllowedValues)
		}
		pattern, err := regexp.Compile(`^(?:` + p.AllowedPattern + `)$`)
		if p.AllowedPattern != "" && err == nil && !pattern.MatchString(value) {
			return f.refuse("does not take %q as parameter %s: its pattern is %s", value, name, p.AllowedPattern)
		}
	}
	return nil
}

func (f found) refuse(why string, args ...any) error {
	return fault.New(fault.Refused, "runbook %s "+why, append([]any{f.name}, args...)...)
}
