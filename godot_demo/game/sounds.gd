class_name Sounds
extends AudioStreamPlayer
## The game's sounds, computed when it starts: bells for right, a soft pair of notes for another
## try, a rising one for "once more, please".

const RATE := 22050

var _streams: Dictionary[String, AudioStreamWAV] = {}


func _ready() -> void:
	max_polyphony = 3
	_streams["right"] = _melody([523.25, 659.25, 783.99, 1046.5], 0.11, 0.5)
	_streams["level"] = _melody([523.25, 659.25, 783.99, 1046.5, 783.99, 1046.5, 1318.5], 0.13, 0.7)
	_streams["again"] = _melody([392.0, 329.63], 0.2, 0.35)
	_streams["unsure"] = _melody([440.0, 493.88], 0.16, 0.3)
	_streams["tap"] = _melody([880.0], 0.03, 0.06)


func play_named(sound: String) -> void:
	stream = _streams[sound]
	play()


## Bell-like notes, each `step` seconds after the last; the last one rings `ring` seconds.
static func _melody(notes: Array[float], step: float, ring: float) -> AudioStreamWAV:
	var samples := PackedFloat32Array()
	samples.resize(int((step * notes.size() + ring) * RATE))
	for i: int in notes.size():
		var first := int(step * i * RATE)
		var length := mini(samples.size() - first, int((step + ring) * RATE))
		for n: int in length:
			var t := float(n) / RATE
			var bell := sin(TAU * notes[i] * t) + 0.35 * sin(TAU * 2.0 * notes[i] * t)
			samples[first + n] += 0.25 * bell * exp(-6.0 * t) * minf(1.0, t * 200.0)
	var bytes := PackedByteArray()
	bytes.resize(samples.size() * 2)
	for n: int in samples.size():
		bytes.encode_s16(2 * n, int(clampf(samples[n], -1.0, 1.0) * 32000.0))
	var wave := AudioStreamWAV.new()
	wave.format = AudioStreamWAV.FORMAT_16_BITS
	wave.mix_rate = RATE
	wave.data = bytes
	return wave
