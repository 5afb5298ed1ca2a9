package rollout

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/stack"
)

// Leave are the stacks of members, to be deleted.
func (m Members) Leave() Parts {
	var all spread
	for _, a := range m.Accounts {
		part := func(d stack.Driver) Part {
			return gone{
				driver: d, account: a.ID, name: m.Place.MemberStack(), ours: m.ours, detail: "Salve's roles and their policies",
			}
		}
		all = append(all, member{account: a.ID, stack: m.Place.MemberStack(), part: lazy{account: a, part: part}})
	}
	return Parts{all}
}

// Leave is the hub, to be deleted: the buttons first, so that none leads nowhere, then the stack, then the bucket, from
// which the stack could be made again.
func (h *Hub) Leave() Parts {
	theirs := func(ctx context.Context) (bool, error) {
		s, err := h.Driver.Look(ctx, h.Place.HubStack())
		return ofTemplate(s), err
	}
	return Parts{leaving{h: h, Parts: Parts{
		buttons{account: h.Place.Account, api: h.Actions, away: true, theirs: theirs},
		gone{
			driver: h.Driver, account: h.Place.Account, name: h.Place.HubStack(), ours: ownHub, before: h.open,
			detail: "runs and with them every undo, configuration, audit log, queues, function, topics and their " +
				"subscriptions, alarms, roles; the key of the topics after 7 days",
		},
		empty{h.Bucket},
	}}}
}

// leaving are the parts of the hub. Where its stack is somebody else's, nothing is deleted of what is called as
// Salve's.
type leaving struct {
	h *Hub
	Parts
}

// Plan says what is deleted, or whose stack that is.
func (l leaving) Plan(ctx context.Context) ([]Item, error) { return l.unless(ctx, l.Parts.Plan) }

// Carry deletes it.
func (l leaving) Carry(ctx context.Context) ([]Item, error) { return l.unless(ctx, l.Parts.Carry) }

func (l leaving) unless(ctx context.Context, do func(context.Context) ([]Item, error)) ([]Item, error) {
	s, err := l.h.Driver.Look(ctx, l.h.Place.HubStack())
	if err != nil {
		return nil, err
	}
	if err := ownHub(s); err != nil {
		return []Item{refusal(l.h.Place.Account, s.Name, err)}, nil
	}
	return do(ctx)
}

// open lifts what protects table and stack. Parameters and template stay as they are otherwise.
func (h *Hub) open(ctx context.Context, s stack.State) error {
	if err := h.Driver.Protect(ctx, s, false); err != nil {
		return err
	}
	if !s.Whole() || s.Parameters[paramDelete] != "true" {
		return nil
	}
	kept, err := h.Driver.Template(ctx, h.Place.HubStack())
	if err != nil {
		return err
	}
	_, _, err = h.Driver.Apply(ctx, stack.Wish{
		Name: h.Place.HubStack(), Template: kept, Parameters: map[string]string{paramDelete: "false"},
	})
	return err
}

// folder is where all objects are that Salve puts into the bucket.
const folder = "salve/"

// empty is what Salve put into the bucket, to be deleted, and the bucket with it, unless there is more in it or it was
// somebody's before.
type empty struct{ bucket Bucket }

// Plan says whether there is a bucket.
func (e empty) Plan(ctx context.Context) ([]Item, error) {
	item := Item{
		Account: e.bucket.Place.Account, What: "bucket " + e.bucket.Name, Action: Delete,
		Detail: "all versions of programs and templates in it",
	}
	if e.bucket.Name != e.bucket.Place.BucketName() {
		item.What, item.Detail = "objects in bucket "+e.bucket.Name, "all below "+folder+"; the bucket stays"
	}
	there, err := e.bucket.exists(ctx)
	if err == nil && !there {
		item.Action, item.Detail, item.Done = Nothing, "not there", true
	}
	return []Item{item}, err
}

// Carry empties the bucket and deletes it.
func (e empty) Carry(ctx context.Context) ([]Item, error) {
	items, err := e.Plan(ctx)
	if err != nil || items[0].Action == Nothing {
		return items, err
	}
	b := e.bucket
	in := &s3.ListObjectVersionsInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account, Prefix: aws.String(folder),
	}
	for {
		page, err := b.API.ListObjectVersions(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list what is in bucket %s: %w", b.Name, err)
		}
		if err := e.delete(ctx, page); err != nil {
			return nil, err
		}
		if page.IsTruncated == nil || !*page.IsTruncated {
			break
		}
		in.KeyMarker, in.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
	}
	items[0].Done = true
	if b.Name != b.Place.BucketName() {
		return items, nil
	}
	_, err = b.API.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account})
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusConflict {
		items[0].Action, items[0].Detail = Stays, "there is more in it than what is below "+folder
		return items, nil
	}
	if err = none(err); err != nil {
		return nil, fmt.Errorf("delete bucket %s: %w", b.Name, err)
	}
	return items, nil
}

// delete deletes the versions of a page.
func (e empty) delete(ctx context.Context, page *s3.ListObjectVersionsOutput) error {
	var all []types.ObjectIdentifier
	for _, v := range page.Versions {
		all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
	}
	for _, m := range page.DeleteMarkers {
		all = append(all, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
	}
	if len(all) == 0 {
		return nil
	}
	out, err := e.bucket.API.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &e.bucket.Name, ExpectedBucketOwner: &e.bucket.Place.Account, Delete: &types.Delete{Objects: all},
	})
	if err == nil && len(out.Errors) > 0 {
		err = fmt.Errorf("%s: %s", *out.Errors[0].Key, *out.Errors[0].Message)
	}
	if err != nil {
		return fmt.Errorf("empty bucket %s: %w", e.bucket.Name, err)
	}
	return nil
}
