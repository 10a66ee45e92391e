import type { Surroundings, Variant } from './layout.ts';
import { TENSORFLOW_VERSION } from './layout.ts';

export interface Wheel {
  /** What pip is asked for. */
  readonly requirement: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A set of wheels that together hold libtensorflow for one kind of machine. */
export interface WheelSet {
  readonly platform: string;
  readonly arch: string;
  readonly variant: Variant;
  /** The platform tags that pip may choose among. */
  readonly tags: readonly string[];
  readonly wheels: readonly Wheel[];
}

/** A wheel by what pip is asked for and the end of its file's name. */
export const wheel = (requirement: string, tail: string, bytes: number, sha256: string): Wheel => ({
  requirement,
  file: `${requirement.replace('==', '-').replaceAll(/-(?!\d)/g, '_')}-${tail}.whl`,
  bytes,
  sha256,
});

const MANYLINUX_2_27 = 'py3-none-manylinux_2_27_x86_64';
const MANYLINUX_2014 = 'py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64';
const MANYLINUX_2010 = 'py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64';

/**
 * Sizes and SHA-256 as the package index published them for these exact files; a file with another checksum is refused.
 */
export const WHEEL_SETS: readonly WheelSet[] = [
  {
    platform: 'linux',
    arch: 'x64',
    variant: 'cpu',
    tags: ['manylinux_2_27_x86_64'],
    wheels: [
      wheel(
        `tensorflow-cpu==${TENSORFLOW_VERSION}`,
        'cp312-cp312-manylinux_2_27_x86_64',
        274_000_871,
        'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      ),
    ],
  },
  {
    platform: 'linux',
    arch: 'x64',
    variant: 'cuda',
    tags: ['manylinux_2_27_x86_64', 'manylinux2014_x86_64', 'manylinux2010_x86_64'],
    wheels: [
      wheel(
        `tensorflow==${TENSORFLOW_VERSION}`,
        'cp312-cp312-manylinux_2_27_x86_64',
        572_611_111,
        'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      ),
      wheel(
        'nvidia-cublas-cu12==12.9.3.13',
        MANYLINUX_2_27,
        581_217_458,
        'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
      ),
      wheel(
        'nvidia-cuda-cupti-cu12==12.8.90',
        MANYLINUX_2014,
        10_248_621,
        'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
      ),
      wheel(
        'nvidia-cuda-nvcc-cu12==12.9.86',
        MANYLINUX_2010,
        40_546_229,
        '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
      ),
      wheel(
        'nvidia-cuda-nvrtc-cu12==12.9.86',
        MANYLINUX_2010,
        89_568_129,
        '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      ),
      wheel(
        'nvidia-cuda-runtime-cu12==12.9.79',
        MANYLINUX_2014,
        3_493_179,
        '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      ),
      wheel(
        'nvidia-cudnn-cu12==9.28.0.42',
        MANYLINUX_2_27,
        716_538_495,
        '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
      ),
      wheel(
        'nvidia-cufft-cu12==11.4.1.4',
        MANYLINUX_2014,
        200_877_592,
        'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      ),
      wheel(
        'nvidia-curand-cu12==10.3.10.19',
        MANYLINUX_2_27,
        68_295_626,
        '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
      ),
      wheel(
        'nvidia-cusolver-cu12==11.7.5.82',
        MANYLINUX_2_27,
        338_117_415,
        '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      ),
      wheel(
        'nvidia-cusparse-cu12==12.5.10.65',
        MANYLINUX_2014,
        366_465_088,
        '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      ),
      wheel(
        'nvidia-nccl-cu12==2.32.3',
        MANYLINUX_2_27,
        351_526_311,
        'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
      ),
      wheel(
        'nvidia-nvjitlink-cu12==12.9.86',
        MANYLINUX_2010,
        39_748_338,
        'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      ),
    ],
  },
  {
    platform: 'linux',
    arch: 'arm64',
    variant: 'cpu',
    tags: ['manylinux_2_27_aarch64'],
    wheels: [
      wheel(
        `tensorflow==${TENSORFLOW_VERSION}`,
        'cp312-cp312-manylinux_2_27_aarch64',
        281_946_471,
        'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
      ),
    ],
  },
  {
    platform: 'darwin',
    arch: 'arm64',
    variant: 'cpu',
    tags: ['macosx_12_0_arm64'],
    wheels: [
      wheel(
        `tensorflow==${TENSORFLOW_VERSION}`,
        'cp312-cp312-macosx_12_0_arm64',
        223_488_205,
        '56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712',
      ),
    ],
  },
];

/** The wheels for this machine and variant, or null where none carries a usable library. */
export const wheelSet = (
  where: Pick<Surroundings, 'platform' | 'arch'>,
  variant: Variant,
  sets: readonly WheelSet[] = WHEEL_SETS,
): WheelSet | null =>
  sets.find((s) => s.platform === where.platform && s.arch === where.arch && s.variant === variant) ?? null;
