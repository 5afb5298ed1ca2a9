package rollout

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/stack"
)

// Code is the program of the function, as it is released.
type Code struct {
	Content      []byte
	Key          string // where it is in the folder of its hub: it names the content
	Architecture string // as Lambda calls it
}

// MaxZip is the size of the largest zip, in bytes: one that is larger is no release's.
const MaxZip = mostProgram

// mostProgram bounds what is unpacked of a zip. Source: Lambda, quotas.
const mostProgram = 250 << 20

// ReadCode looks into the zip of a release: what it was built for decides the architecture of the function.
func ReadCode(content []byte) (Code, error) {
	wrong := func(why string, args ...any) (Code, error) {
		return Code{}, fault.New(fault.Invalid,
			"this is not the zip of a release: "+why+"; make package builds one into dist", args...)
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return wrong("%w", err)
	}
	file, err := archive.Open("bootstrap")
	if err != nil {
		return wrong("it has no program called bootstrap")
	}
	defer func() { _ = file.Close() }() // it was only read
	program, err := io.ReadAll(io.LimitReader(file, mostProgram))
	if err != nil {
		return wrong("%w", err)
	}
	image, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return wrong("bootstrap is no program for Linux")
	}
	architecture := map[elf.Machine]string{elf.EM_AARCH64: "arm64", elf.EM_X86_64: "x86_64"}[image.Machine]
	if architecture == "" {
		return wrong("bootstrap is for %s, Lambda has arm64 and x86_64", image.Machine)
	}
	return Code{Content: content, Key: digest(content) + ".zip", Architecture: architecture}, nil
}

// digest is enough of a hash to name a content.
func digest(content []byte) string {
	const enough = 12
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:enough])
}

// object is a file in the bucket.
type object struct {
	bucket  Bucket
	what    string
	key     string
	content []byte
}

// item is the object without what is to be done.
func (o object) item(action Action) Item {
	const mega = 1 << 20
	return Item{
		Account: o.bucket.Place.Account, What: o.what, Action: action, Done: action == Nothing,
		Detail: fmt.Sprintf("s3://%s/%s, %.1f MB", o.bucket.Name, o.key, float64(len(o.content))/mega),
	}
}

// Plan says whether it is to be uploaded.
func (o object) Plan(ctx context.Context) ([]Item, error) {
	there, err := o.bucket.exists(ctx)
	if err == nil && there {
		there, err = o.bucket.has(ctx, o.key)
	}
	if err != nil {
		return nil, err
	}
	if there {
		return []Item{o.item(Nothing)}, nil
	}
	return []Item{o.item(Create)}, nil
}

// Carry uploads it, if it is not there.
func (o object) Carry(ctx context.Context) ([]Item, error) {
	items, err := o.Plan(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.bucket.Put(ctx, o.key, o.content); err != nil {
		return nil, err
	}
	items[0].Done = true
	return items, nil
}

// template is a template that CloudFormation reads from the bucket, where a request cannot carry it. Unmade is what is
// said while there is no bucket.
func (b Bucket) template(ctx context.Context, name, text string, unmade error) stack.Template {
	key := b.Place.folder() + digest([]byte(text)) + "-" + name + ".yaml"
	return stack.Template{Text: text, URL: func() (string, error) {
		there, err := b.exists(ctx)
		if err != nil {
			return "", err
		}
		if !there {
			return "", unmade
		}
		if err := b.Put(ctx, key, []byte(text)); err != nil {
			return "", err
		}
		return b.Address(ctx, key)
	}}
}

// ofMembers is the template of members. Deploying those makes no bucket.
func (b Bucket) ofMembers(ctx context.Context, text string) stack.Template {
	return b.template(
		ctx,
		"member",
		text,
		fault.New(fault.Refused, "bucket %s, which the template goes by, is not there: "+
			"name the hub's own with --bucket, or make this one with salve deploy hub", b.Name),
	)
}

// ofHub is the template of the hub, whose deployment makes the bucket first.
func (b Bucket) ofHub(ctx context.Context, text string) stack.Template {
	return b.template(ctx, "hub", text, stack.Later{
		Why: "which resources change is said once bucket " + b.Name + " is there, which is made first",
	})
}

// both lists words.
func both(words []string) string { return strings.Join(words, ", ") }
