package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/plain"
)

// folder is where all objects are that this hub puts into a bucket: another hub has another, so that each knows its own
// in a bucket that several share.
func (p Place) folder() string {
	return "salve/" + p.Account + "-" + p.Region + "/" + p.HubStack() + "/"
}

// written are the keys that this program writes: a folder that is called as Salve's may hold what others put there.
func (p Place) written() *regexp.Regexp {
	return regexp.MustCompile("^" + regexp.QuoteMeta(p.folder()) + `[0-9a-f]{24}(\.zip|-hub\.yaml|-member\.yaml)$`)
}

// empty is what this hub put into the bucket, to be deleted object by object, and the bucket with it, unless there is
// more in it or it was somebody's before.
type empty struct{ bucket Bucket }

// own tells whether the bucket was made for this hub, and by its name.
func (e empty) own() bool { return e.bucket.Name == e.bucket.Place.BucketName() }

// Plan names what is deleted.
func (e empty) Plan(ctx context.Context) ([]Item, error) {
	items, _, err := e.plan(ctx)
	return items, err
}

func (e empty) plan(ctx context.Context) (items []Item, all []types.ObjectIdentifier, err error) {
	item := Item{Account: e.bucket.Place.Account, What: "bucket " + e.bucket.Name, Action: Delete}
	there, err := e.bucket.exists(ctx)
	more := ""
	if err == nil && there {
		all, more, err = e.objects(ctx)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case !there:
		item.Action, item.Detail, item.Done = Nothing, "not there", true
		return []Item{item}, nil, nil
	case e.own() && more == "":
		item.Detail = "all versions of this hub's programs and templates in it: " + plain.Count(len(all), "object")
		return []Item{item}, all, nil
	}
	item.Action, item.Detail, item.Done = Stays, "it was named, and so does all in it that this hub did not write", true
	if e.own() {
		item.Detail = "there is more in it than what this hub wrote, such as " + plain.Short(more, longestKey) +
			": empty it and delete it by hand"
	}
	items = []Item{item}
	for i, o := range all {
		if i > 0 && *o.Key == *all[i-1].Key { // another version of the same
			continue
		}
		items = append(items, Item{
			Account: item.Account, What: "s3://" + e.bucket.Name + "/" + *o.Key, Action: Delete, Detail: "all its versions",
		})
	}
	return items, all, nil
}

// longestKey is as much of a key as a plan shows.
const longestKey = 80

// objects are all versions and marks of what this hub wrote, in the order of their keys, and the key of something else:
// of what is below its folder, or, where the bucket is its own, of all that is in it.
func (e empty) objects(ctx context.Context) (all []types.ObjectIdentifier, more string, err error) {
	b, written := e.bucket, e.bucket.Place.written()
	in := &s3.ListObjectVersionsInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account}
	if !e.own() {
		in.Prefix = aws.String(b.Place.folder())
	}
	add := func(key, version *string) {
		if written.MatchString(aws.ToString(key)) {
			all = append(all, types.ObjectIdentifier{Key: key, VersionId: version})
			return
		}
		more = aws.ToString(key)
	}
	for {
		page, err := b.API.ListObjectVersions(ctx, in)
		if err != nil {
			return nil, "", fmt.Errorf("list what is in bucket %s: %w", b.Name, err)
		}
		for _, v := range page.Versions {
			add(v.Key, v.VersionId)
		}
		for _, m := range page.DeleteMarkers {
			add(m.Key, m.VersionId)
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		in.KeyMarker, in.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
	}
	slices.SortStableFunc(all, func(a, b types.ObjectIdentifier) int { return cmp.Compare(*a.Key, *b.Key) })
	return all, more, nil
}

// Carry deletes what is planned, and the bucket if it was made for this hub.
func (e empty) Carry(ctx context.Context) ([]Item, error) {
	items, all, err := e.plan(ctx)
	if err != nil || items[0].Action == Nothing {
		return items, err
	}
	const most = 1000 // of one request
	for some := range slices.Chunk(all, most) {
		if err := e.delete(ctx, some); err != nil {
			return nil, err
		}
	}
	for i := range items {
		items[i].Done = true
	}
	b := e.bucket
	if items[0].Action == Stays {
		return items, nil
	}
	_, err = b.API.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account})
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusConflict {
		items[0].Action, items[0].Detail = Stays, "there is more in it than what this hub wrote below "+b.Place.folder()
		return items, nil
	}
	if err = none(err); err != nil {
		return nil, fmt.Errorf("delete bucket %s: %w", b.Name, err)
	}
	return items, nil
}

// delete deletes objects by their version.
func (e empty) delete(ctx context.Context, all []types.ObjectIdentifier) error {
	out, err := e.bucket.API.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &e.bucket.Name, ExpectedBucketOwner: &e.bucket.Place.Account, Delete: &types.Delete{Objects: all},
	})
	if err == nil && len(out.Errors) > 0 {
		err = fmt.Errorf("%s: %s", aws.ToString(out.Errors[0].Key), aws.ToString(out.Errors[0].Message))
	}
	if err != nil {
		return fmt.Errorf("empty bucket %s: %w", e.bucket.Name, err)
	}
	return nil
}
