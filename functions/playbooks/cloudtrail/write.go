package cloudtrail

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// writeTrails makes what is missing, changes what differs and takes away what came, in the order of names. It looks
// first, as a write may have been made by a run that was cut off.
func writeTrails(ctx context.Context, env control.Env, from, to trails) error {
	if err := logs().Ensure().Write(ctx, env, from.Buckets, to.Buckets); err != nil {
		return err
	}
	now, err := readTrails(ctx, env)
	if err != nil {
		return err
	}
	client := cloudtrail.NewFromConfig(env.Config)
	for _, name := range slices.Sorted(maps.Keys(to.Trails)) {
		if err := putTrail(ctx, client, name, from, now, to); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from.Trails)) {
		_, stays := to.Trails[name]
		if _, there := now.Trails[name]; stays || !there {
			continue
		}
		_, err := client.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name})
		if fault.Of(err) != fault.Gone && err != nil {
			return err
		}
	}
	return nil
}

// putTrail makes or changes a trail, then turns it on or off.
func putTrail(ctx context.Context, client *cloudtrail.Client, name string, from, now, to trails) (err error) {
	if is, there := now.Trails[name]; to.Trails[name] != from.Trails[name] {
		if there {
			err = changeTrail(ctx, client, name, is, to.Trails[name])
		} else {
			err = makeTrail(ctx, client, name, to.Trails[name])
		}
	}
	if err != nil || from.Logging[name] == to.Logging[name] || now.Logging[name] == to.Logging[name] {
		return err
	}
	return switchTrail(ctx, client, name, to.Logging[name])
}

func makeTrail(ctx context.Context, client *cloudtrail.Client, name string, t trail) error {
	_, err := client.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &t.Bucket, IsMultiRegionTrail: &t.AllRegions, IncludeGlobalServiceEvents: &t.Global,
		EnableLogFileValidation: &t.Validated,
	})
	return err
}

// changeTrail names only what differs, and CloudTrail leaves alone what an update does not name.
func changeTrail(ctx context.Context, client *cloudtrail.Client, name string, is, to trail) error {
	if is.AllRegions == to.AllRegions && is.Global == to.Global {
		return nil
	}
	in := &cloudtrail.UpdateTrailInput{
		Name: &name, IsMultiRegionTrail: &to.AllRegions, IncludeGlobalServiceEvents: &to.Global,
	}
	_, err := client.UpdateTrail(ctx, in)
	return err
}

func switchTrail(ctx context.Context, client *cloudtrail.Client, name string, on bool) (err error) {
	if on {
		_, err = client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &name})
	} else {
		_, err = client.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &name})
	}
	return err
}
